import type { KeyObject } from 'node:crypto'
import type { Action } from '../../schemas/action.ts'
import { SetpointError } from '../../schemas/error.ts'
import { MAX_JOB_BYTES, type SignedJob, signJob } from '../../schemas/job.ts'
import type { Log } from '../../schemas/log.ts'
import { REDIS_TIMEOUT } from '../../schemas/wire.ts'
import { closeRedis, connectRedis, reaching, whenReady } from '../redis.ts'
import { createHostQueues } from './host-queues.ts'
import { jobId, stackOf } from './job-id.ts'
import type { Order, Queue } from './queue.ts'
import { createTerms, type Term } from './term.ts'
import type { UnderWay } from './under-way.ts'

export interface QueueOptions {
  /** The address of the Redis. */
  redis: string
  keys: { privateKey: KeyObject }
  /** The leader's fencing epoch; throws NOT_LEADER when this controller does not lead. */
  epoch: () => number
  log: Log
  /** Milliseconds that `add` or `withdraw` may take. */
  timeout?: number
}

/**
 * Orders as signed BullMQ jobs, one queue a host. `add` and `withdraw` reject with REDIS_UNREACHABLE while Redis is
 * away and with NOT_LEADER on a standby. A new term takes back what the one before left waiting.
 */
export function createQueue(options: QueueOptions): Queue {
  const { redis, keys, epoch, log, timeout = 2 * REDIS_TIMEOUT } = options
  const client = connectRedis(redis, log)
  const queues = createHostQueues(client, log)
  const terms = createTerms(queues, epoch)

  async function add(orders: Order[], signal: AbortSignal): Promise<void> {
    if (orders.length === 0) return
    await whenReady(client, timeout / 2)
    const byHost = Map.groupBy(orders, (order) => order.host)
    const term = await terms.enter([...byHost.keys()])
    await dropOverdue(term)
    terms.check(term)
    signal.throwIfAborted() // it was answered that nothing is sent
    const sealed = orders.map((order) => seal(order, term))
    await Promise.all(
      [...Map.groupBy(sealed, ({ host }) => host)].map(([host, jobs]) => enqueue(host, jobs, term)),
    )
    const tooLarge = sealed.filter(isTooLarge)
    if (tooLarge.length > 0) throw oversize(tooLarge)
  }

  function seal({ host, action, deadline }: Order, term: Term): Sealed {
    const job = { host, epoch: term.epoch, sequence: term.next(), deadline, action }
    return { host, action, deadline, signed: signJob(job, keys.privateKey) }
  }

  async function enqueue(host: string, sealed: Sealed[], term: Term): Promise<void> {
    const fit = sealed.filter((job) => !isTooLarge(job))
    for (const job of fit) term.underWay.note(noteOf(job))
    await queues.of(host).addBulk(
      fit.map(({ action, signed }) => ({
        name: action.type,
        data: signed,
        opts: { jobId: jobId(action) },
      })),
    )
  }

  /** A job that waited past its deadline would be refused, and keeps an order for the same thing from being queued. */
  async function dropOverdue(term: Term): Promise<void> {
    await Promise.all(term.underWay.overdue(Date.now()).map((job) => settle(job, term)))
  }

  async function settle(job: UnderWay, term: Term): Promise<void> {
    const queue = queues.of(job.host)
    const waiting = await queue.getJob(job.id)
    const deadline = waiting ? deadlineOf(waiting.data) : 0
    if (waiting && deadline < Date.now() && (await queue.remove(job.id)) === 0) return
    term.underWay.forget(job)
    if (deadline >= Date.now()) term.underWay.note({ ...job, deadline })
  }

  async function withdraw(stack: string): Promise<void> {
    await whenReady(client, timeout / 2)
    const { underWay } = await terms.enter([])
    await Promise.all(
      underWay.ofStack(stack).map(async (job) => {
        // 0: an agent has begun it.
        if ((await queues.of(job.host).remove(job.id)) === 1) underWay.forget(job)
      }),
    )
  }

  async function forget(host: string): Promise<void> {
    await whenReady(client, timeout / 2)
    const { underWay } = await terms.enter([])
    for (const job of underWay.ofHost(host)) underWay.forget(job)
    await queues.remove(host)
  }

  return {
    add: (orders) => reaching((signal) => add(orders, signal), timeout),
    withdraw: (stack) => reaching(() => withdraw(stack), timeout),
    forget: (host) => reaching(() => forget(host), timeout),
    close: async () => {
      await queues.close()
      closeRedis(client)
    },
  }
}

interface Sealed {
  host: string
  action: Action
  deadline: string
  signed: SignedJob
}

function noteOf({ host, action, deadline }: Sealed): UnderWay {
  return { id: jobId(action), host, stack: stackOf(action), deadline: Date.parse(deadline) }
}

function isTooLarge({ signed }: Sealed): boolean {
  return Buffer.byteLength(signed.body) > MAX_JOB_BYTES
}

/** Of a job as it lies in Redis; 0 when it is not readable, so that it goes. */
function deadlineOf(data: SignedJob): number {
  try {
    return Date.parse((JSON.parse(data.body) as { deadline: string }).deadline) || 0
  } catch {
    return 0
  }
}

function oversize(jobs: Sealed[]): SetpointError {
  const names = jobs.map(({ action }) => jobId(action)).join(', ')
  return new SetpointError('JOB_REFUSED', `No agent reads a job over ${MAX_JOB_BYTES} bytes: ${names}.`, {
    hint: 'Make the configs, secrets and environment of the service smaller. All other jobs were sent.',
  })
}
