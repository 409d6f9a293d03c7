import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type Job as BullJob, type WorkerOptions as BullOptions, UnrecoverableError, Worker } from 'bullmq'
import { type Action, describeAction } from '../schemas/action.ts'
import { errorFacts, SetpointError } from '../schemas/error.ts'
import { type Job, openJob, signJob } from '../schemas/job.ts'
import type { Log } from '../schemas/log.ts'
import type { JobError } from '../schemas/report.ts'
import { PREFIX, queueName, type RedisAddress, reconnectAfter } from '../schemas/wire.ts'
import { boundedQueue } from './bounded-queue.ts'
import type { Orders } from './orders.ts'

export interface WorkerOptions {
  redis: RedisAddress
  host: string
  /** The controller's key that this agent pins. */
  publicKey: KeyObject
  orders: Orders
  /** The slot of a task that is on this host. */
  slotOf: (taskId: string) => string | undefined
  perform: (action: Action) => Promise<void>
  /** Tells what came of a job; without an error it was done. */
  outcome: (jobId: string, error?: JobError) => void
  log: Log
}

/** Jobs mostly wait (for a pull, for a grace period); what they start is limited where it is done. */
const AT_ONCE = 64
/** Milliseconds after which a job of an agent that died is free again; a living one renews its lock. */
const LOCK = 15_000
const STALLED_CHECK = 10_000
/** Milliseconds that jobs under way get when the agent is stopped. */
const LAST_WORDS = 3_000

/**
 * Takes jobs from this host's queue: check, perform, tell the outcome. The one place where a retry is decided, and it
 * is never BullMQ's: the agent itself goes on with what it has accepted, and the controller plans from what it sees.
 */
export function startWorker(options: WorkerOptions): { close(): Promise<void> } {
  warmUp(options.host)
  const { redis, host, log } = options
  const take = (job: BullJob) => handle(job.id ?? '', job.data, options)
  const how: BullOptions = {
    connection: {
      ...redis,
      maxRetriesPerRequest: null,
      retryStrategy: reconnectAfter,
    },
    prefix: PREFIX,
    concurrency: AT_ONCE,
    lockDuration: LOCK,
    stalledInterval: STALLED_CHECK,
    maxStalledCount: 1,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    skipVersionCheck: true,
  }
  const worker = new Worker(queueName(host), take, how, boundedQueue)
  // the reporter's connection tells of outages; here it would be said again for each blocked command
  worker.on('error', (error) => log.debug({ problem: error.message }, 'The job queue has trouble'))
  return {
    async close() {
      const closed = worker.close()
      closed.catch(() => {}) // a Redis that is away cannot be told
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST_WORDS))])
      void worker.close(true)
    },
  }
}

/** Compiles the validators of jobs with one that we sign ourselves: it takes longer than a container's start. */
function warmUp(host: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const action: Action = { type: 'removeStray', containerId: '' }
  openJob(signJob({ host, epoch: 0, sequence: 0, deadline: '', action }, privateKey), publicKey, host)
}

/** Takes a job from its bytes to its outcome. @throws UnrecoverableError, so that BullMQ leaves it at that */
async function handle(jobId: string, data: unknown, options: WorkerOptions): Promise<void> {
  const { outcome, log } = options
  let isReadable = false
  try {
    const job = open(data, options)
    isReadable = true
    if (options.orders.begin(job, options.slotOf)) await carryOut(job, options)
    outcome(jobId)
  } catch (error) {
    const facts = errorFacts(error, 'INTERNAL')
    log.warn(
      { job: jobId, ...facts },
      facts.code === 'JOB_REFUSED' ? 'A job was refused' : 'A job has failed',
    )
    outcome(jobId, isReadable ? facts : { ...facts, final: true })
    throw new UnrecoverableError(facts.message)
  }
}

function open(data: unknown, { publicKey, host }: WorkerOptions): Job {
  try {
    return openJob(data, publicKey, host)
  } catch (error) {
    if (error instanceof SetpointError) throw error
    throw new SetpointError('JOB_REFUSED', 'A job was refused: what was signed cannot be read.', {
      cause: error,
    })
  }
}

async function carryOut(job: Job, { perform, orders, log }: WorkerOptions): Promise<void> {
  const action = describeAction(job.action)
  log.info({ action, epoch: job.epoch, sequence: job.sequence }, 'A job is begun')
  try {
    await perform(job.action)
  } finally {
    orders.done(job)
  }
}
