import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type Job as BullJob, Queue as BullQueue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createQueue } from '../../controller/queue/bullmq-queue.ts'
import { jobId } from '../../controller/queue/job-id.ts'
import type { Order, Queue } from '../../controller/queue/queue.ts'
import type { Action } from '../../schemas/action.ts'
import { SetpointError } from '../../schemas/error.ts'
import { openJob, type SignedJob } from '../../schemas/job.ts'
import { PREFIX, queueName, redisOptions, SNAPSHOTS } from '../../schemas/wire.ts'
import { aLog, aRun } from '../support/jobs.ts'
import { useRedis } from '../support/redis.ts'

const keys = generateKeyPairSync('ed25519')
const soon = () => new Date(Date.now() + 60_000).toISOString()
const order = (action: Action, host = 'one', deadline = soon()): Order => ({ host, action, deadline })

const redis = useRedis()
let queue: Queue
let epoch: () => number
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  epoch = () => 7
  queue = open()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function open(timeout = 5_000): Queue {
  const opened = createQueue({ redis: redis.url, keys, epoch: () => epoch(), log: aLog(), timeout })
  closing.push(() => opened.close())
  return opened
}

/** The jobs that wait for a host, in the order in which an agent would take them. */
async function waiting(host = 'one'): Promise<BullJob<SignedJob>[]> {
  const bull = new BullQueue<SignedJob>(queueName(host), { connection: redis.client, prefix: PREFIX })
  try {
    return await bull.getJobs(['waiting'], 0, -1, true)
  } finally {
    await bull.close()
  }
}

const ids = async (host = 'one') => (await waiting(host)).map(({ id }) => id)

/** An agent's side: takes jobs and holds each until it is let go. */
async function anAgent(host = 'one') {
  const connection = new Redis({ ...redisOptions(redis.url), maxRetriesPerRequest: null })
  const held: (() => void)[] = []
  const worker = new Worker<SignedJob>(queueName(host), () => new Promise<void>((done) => held.push(done)), {
    connection,
    prefix: PREFIX,
    concurrency: 4,
  })
  closing.push(async () => {
    for (const done of held) done()
    await worker.close(true)
    connection.disconnect()
  })
  await worker.waitUntilReady()
  return { worker, finish: () => held.shift()?.() }
}

describe('a queue', () => {
  it('sends each host its orders, in order, signed for it', async () => {
    const deadline = soon()
    await queue.add([
      order(aRun('a'), 'one', deadline),
      order(aRun('b'), 'two', deadline),
      order(aRun('c'), 'one', deadline),
    ])
    const [first, second] = await waiting('one')
    expect([first?.name, first?.id, second?.id, await ids('two')]).toEqual([
      'run',
      'run-a',
      'run-c',
      ['run-b'],
    ])
    expect(openJob(first?.data, keys.publicKey, 'one')).toEqual({
      host: 'one',
      epoch: 7,
      sequence: 0,
      deadline,
      action: aRun('a'),
    })
    expect(openJob(second?.data, keys.publicKey, 'one').sequence).toBe(2)
    expect(() => openJob(first?.data, keys.publicKey, 'two')).toThrow(/signed for host one/)
  })

  it('does not queue twice what waits', async () => {
    await queue.add([order(aRun('a')), order(aRun('a'))])
    await queue.add([order(aRun('a')), order(aRun('b'))])
    expect(await ids()).toEqual(['run-a', 'run-b'])
  })

  it('does not queue twice what an agent is doing, and takes the order again once that is done', async () => {
    const { worker, finish } = await anAgent()
    const taken = once(worker, 'active')
    await queue.add([order(aRun('a'))])
    await taken
    await queue.add([order(aRun('a'))])
    expect(await ids()).toEqual([])
    const done = once(worker, 'completed')
    finish()
    await done
    const again = once(worker, 'active')
    await queue.add([order(aRun('a'))])
    await again
  })

  it('takes an order again after it failed', async () => {
    const connection = new Redis({ ...redisOptions(redis.url), maxRetriesPerRequest: null })
    const worker = new Worker(queueName('one'), () => Promise.reject(new Error('no')), {
      connection,
      prefix: PREFIX,
    })
    closing.push(async () => {
      await worker.close(true)
      connection.disconnect()
    })
    for (let attempt = 0; attempt < 2; attempt++) {
      const failed = once(worker, 'failed')
      await queue.add([order(aRun('a'))])
      await failed
    }
  })

  it('queues anew what waited past its deadline', async () => {
    await queue.add([order(aRun('a'), 'one', new Date(Date.now() - 1).toISOString())])
    const deadline = soon()
    await queue.add([order(aRun('a'), 'one', deadline)])
    const [job, ...more] = await waiting()
    expect(openJob(job?.data, keys.publicKey, 'one')).toMatchObject({ deadline, sequence: 1 })
    expect(more).toEqual([])
  })

  it('takes back what waits of a stack, and nothing else', async () => {
    await queue.add([
      order(aRun('a', { stack: 'web' })),
      order(aRun('b', { stack: 'db' })),
      order({ type: 'remove', taskId: 'c', stack: 'web', reason: 'scaled down' }, 'two'),
      order({ type: 'removeStray', containerId: 'd' }, 'two'),
    ])
    await queue.withdraw('web')
    expect([await ids('one'), await ids('two')]).toEqual([['run-b'], ['stray-d']])
  })

  it('leaves alone what an agent has begun of a stack', async () => {
    const { worker, finish } = await anAgent()
    const taken = once(worker, 'active')
    await queue.add([order(aRun('a'))])
    await taken
    await queue.withdraw('web')
    const done = once(worker, 'completed')
    finish()
    expect((await done)[0]).toMatchObject({ id: 'run-a' })
  })

  it('takes back everything that an earlier leader left waiting, at every host that ever reported', async () => {
    await redis.client.hset(SNAPSHOTS, { one: '{}', two: '{}', 'not a host:': '{}' })
    await queue.add([order(aRun('a')), order(aRun('b'), 'two')])
    epoch = () => 8
    const next = open()
    await next.add([order(aRun('a'))])
    expect(openJob((await waiting())[0]?.data, keys.publicKey, 'one')).toMatchObject({
      epoch: 8,
      sequence: 0,
    })
    expect(await ids('two')).toEqual([])
  })

  it('keeps what it sent when more is sent in the same term', async () => {
    await Promise.all([queue.add([order(aRun('a'))]), queue.add([order(aRun('b'))])])
    await queue.add([order(aRun('c'), 'two')])
    expect([(await ids()).sort(), await ids('two')]).toEqual([['run-a', 'run-b'], ['run-c']])
  })

  it('sends nothing on a standby', async () => {
    epoch = () => {
      throw new SetpointError('NOT_LEADER', 'Another controller leads.')
    }
    await expect(queue.add([order(aRun('a'))])).rejects.toMatchObject({ code: 'NOT_LEADER' })
    expect(await ids()).toEqual([])
  })

  it('forgets a host with all that waits for it, and begins anew after that', async () => {
    await queue.add([order(aRun('a')), order(aRun('b'), 'two')])
    await queue.forget('one')
    expect(await redis.client.keys(`${PREFIX}:${queueName('one')}:*`)).toEqual([])
    expect(await ids('two')).toEqual(['run-b'])
    await queue.add([order(aRun('a'))])
    expect(await ids()).toEqual(['run-a'])
  })

  it('refuses a job that no agent would read, and sends the others', async () => {
    const large = aRun('big', {
      container: { ...aRunContainer(), environment: { A: 'x'.repeat(5 * 1024 * 1024) } },
    })
    await expect(queue.add([order(large), order(aRun('b'))])).rejects.toMatchObject({
      code: 'JOB_REFUSED',
      message: expect.stringContaining('run-big'),
    })
    expect(await ids()).toEqual(['run-b'])
  })

  it('serves 300 hosts over one connection', async () => {
    const hosts = Array.from({ length: 300 }, (_, index) => `host-${index}`)
    await queue.add(hosts.map((host) => order(aRun('a'), host)))
    expect(await ids('host-299')).toEqual(['run-a'])
    const clients = String(await redis.client.client('LIST'))
      .trim()
      .split('\n')
    expect(clients.length).toBeLessThan(5)
  })
})

describe('a queue whose Redis is away', () => {
  it('rejects within its deadline and sends nothing of it later', async () => {
    const queue = open(600)
    await queue.add([order(aRun('a'))])
    await redis.kill()
    await expect(queue.add([order(aRun('b'))])).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await expect(queue.withdraw('web')).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await redis.restart()
    await queue.add([order(aRun('c'))])
    expect(await ids()).toEqual(['run-c'])
  })

  it('rejects when Redis accepts connections and answers nothing', async () => {
    const hasty = open(300)
    await hasty.add([order(aRun('a'))])
    redis.pause()
    try {
      await expect(hasty.add([order(aRun('b'))])).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
      await expect(open(300).add([order(aRun('c'))])).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    } finally {
      redis.resume()
    }
  })

  it('can be closed', async () => {
    await queue.add([order(aRun('a'))])
    await redis.kill()
    const sending = expect(queue.add([order(aRun('b'))])).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await queue.close()
    await sending
    await redis.restart()
  })

  it('rejects when its connection breaks while it sends', async () => {
    await queue.add([order(aRun('a'))])
    redis.pause()
    const sending = queue.add(Array.from({ length: 50 }, (_, index) => order(aRun(`b${index}`), `h${index}`)))
    const rejected = expect(sending).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await redis.kill()
    await rejected
    await redis.restart()
    await queue.add([order(aRun('c'))])
  })
})

describe('a job id', () => {
  it('is the plain key of the action where BullMQ takes it', () => {
    expect(jobId(aRun('web-app-1-abc'))).toBe('run-web-app-1-abc')
  })

  it.each(['a:b', 'ports[8080->80/tcp]', 'x'.repeat(300), 'ü'])('is safe for %s', (field) => {
    const repair: Action = { type: 'repair', taskId: 't', stack: 'web', fields: [field] }
    expect(jobId(repair)).toMatch(/^repair-[0-9a-f]{40}$/)
    expect(jobId(repair)).not.toBe(jobId({ ...repair, fields: [`${field}2`] }))
  })
})

function aRunContainer() {
  const action = aRun('x')
  if (action.type !== 'run') throw new Error('unreachable')
  return action.task.container
}
