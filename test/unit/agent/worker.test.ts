import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openOrders } from '../../../agent/orders.ts'
import { agentPaths } from '../../../agent/paths.ts'
import { startWorker } from '../../../agent/worker.ts'
import type { Action } from '../../../schemas/action.ts'
import { type ErrorFacts, SetpointError } from '../../../schemas/error.ts'
import type { CommandHealthcheck } from '../../../schemas/healthcheck.ts'
import { type Job, signJob } from '../../../schemas/job.ts'
import type { NetworkSpec } from '../../../schemas/network.ts'
import { PREFIX, queueName, redisOptions } from '../../../schemas/wire.ts'
import { aContainer } from '../../support/builders.ts'
import { aLog, aRun, aTask } from '../../support/jobs.ts'
import { useRedis } from '../../support/redis.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const redis = useRedis()
let queue: Queue
let state = ''
let close: (() => Promise<void>)[] = []

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'worker-'))
  queue = new Queue(queueName('one'), { connection: redisOptions(redis.url), prefix: PREFIX })
  close.push(() => queue.close())
})
afterEach(async () => {
  for (const each of close.splice(0)) await each()
  rmSync(state, { recursive: true, force: true })
})

const later = () => new Date(Date.now() + 60_000).toISOString()
const signed = (sequence: number, rest: Partial<Job> = {}, key = privateKey) =>
  signJob(
    {
      host: 'one',
      epoch: 1,
      sequence,
      deadline: later(),
      action: aRun(`t${sequence}`, { slot: sequence }),
      ...rest,
    },
    key,
  )

const aNetwork = { name: 'n', internal: false, external: false }
const aProbe = (): CommandHealthcheck => ({
  ...{ test: ['true'], interval: 1, timeout: 1, retries: 1, startPeriod: 0, startInterval: 1 },
})
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`new${n}`, n]))

/** A worker whose outcomes can be waited for. */
async function aWorker(perform: (action: Action) => Promise<void> = async () => {}) {
  const performed: Action[] = []
  const outcomes = new Map<string, PromiseWithResolvers<ErrorFacts | undefined>>()
  const of = (jobId: string) => {
    const waiting = outcomes.get(jobId) ?? Promise.withResolvers<ErrorFacts | undefined>()
    outcomes.set(jobId, waiting)
    return waiting
  }
  const orders = await openOrders({ paths: agentPaths(state), log: aLog(), key: 'k' })
  const worker = startWorker({
    redis: redisOptions(redis.url),
    ...{ host: 'one', publicKey, log: aLog() },
    orders,
    slotOf: () => undefined,
    perform: (action) => {
      performed.push(action)
      return perform(action)
    },
    outcome: (jobId, error) => of(jobId).resolve(error),
  })
  close = [() => worker.close(), () => orders.saved(), ...close]
  return { performed, outcome: (jobId: string) => of(jobId).promise }
}

describe('the worker', () => {
  it('does what is signed, and leaves nothing of the job', async () => {
    const { performed, outcome } = await aWorker()
    await queue.add('run', signed(1), { jobId: 'run-t1' })
    expect(await outcome('run-t1')).toBeUndefined()
    expect(performed.map((action) => action.type)).toEqual(['run'])
  })

  it('tells why an action failed', async () => {
    const { outcome } = await aWorker(async () => {
      throw new SetpointError('PORT_IN_USE', 'Port 80 is held by nginx.', { hint: 'Stop it.' })
    })
    await queue.add('run', signed(1), { jobId: 'run-t1' })
    expect(await outcome('run-t1')).toEqual({
      code: 'PORT_IN_USE',
      message: 'Port 80 is held by nginx.',
      hint: 'Stop it.',
    })
  })

  it.each<[string, () => unknown]>([
    ['that somebody else has signed', () => signed(1, {}, generateKeyPairSync('ed25519').privateKey)],
    ['for another host', () => signed(1, { host: 'two' })],
    ['that was changed', () => ({ ...signed(1), body: signed(1).body.replace('"one"', '"two"') })],
    ['that is no job', () => ({ nonsense: true })],
    ['of an unknown shape', () => signed(1, { action: { type: 'shell' } as unknown as Action })],
  ])('refuses a job %s, and does the next one', async (_, data) => {
    const { performed, outcome } = await aWorker()
    await queue.add('run', data(), { jobId: 'bad' })
    await queue.add('run', signed(2), { jobId: 'good' })
    expect(await outcome('bad')).toMatchObject({ code: 'JOB_REFUSED', final: true })
    expect(await outcome('good')).toBeUndefined()
    expect(performed).toHaveLength(1)
  })

  it.each<[string, string, number]>([
    ['says', 'data', 9 * 1024 * 1024],
    ['has as its options', 'opts', 70 * 1024],
  ])('refuses a job by what it %s when that is too large to be one, unread', async (_, field, size) => {
    await queue.add('run', {}, { jobId: 'huge' })
    await redis.client.hset(queue.toKey('huge'), field, '['.repeat(size))
    await queue.add('run', signed(2), { jobId: 'good' })
    const { outcome } = await aWorker()
    expect(await outcome('huge')).toMatchObject({ code: 'JOB_REFUSED', final: true })
    expect(await outcome('good')).toBeUndefined()
  })

  it('takes the largest job that there may be', async () => {
    const { performed, outcome } = await aWorker()
    const environment = { A: '"'.repeat(2 * 1024 * 1024 - 2_000) }
    const action = aRun('t1', { container: aContainer({ environment }) })
    await queue.add('run', signed(1, { action }), { jobId: 'large' })
    expect(await outcome('large')).toBeUndefined()
    expect(performed).toEqual([action])
  })

  it('does what a later controller asks, whatever it tells beside', async () => {
    const { performed, outcome } = await aWorker()
    const task = { ...aTask('t1'), ofTomorrow: [{}] }
    const action = { type: 'run', task, ofTomorrow: 1 } as Action
    const job = { ...signed(1, { action, ...{ ofTomorrow: 1 } }), ofTomorrow: 1 }
    await queue.add('run', job, { jobId: 'later' })
    expect(await outcome('later')).toBeUndefined()
    expect(performed).toEqual([aRun('t1')])
  })

  it.each<[string, Action, string]>([
    [
      'a container with more than it knows',
      aRun('t1', {
        container: aContainer({ healthcheck: { ...aProbe(), jitter: 5 } as CommandHealthcheck }),
      }),
      'A job was refused: its task asks for container/healthcheck/jitter, which this agent does not know.',
    ],
    [
      'more of a network, told last of many other fields',
      { ...aRun('t1', { networks: [{ ...aNetwork, encrypted: true } as NetworkSpec] }), ...many(30) },
      'A job was refused: its task asks for more, which this agent does not know.',
    ],
    [
      'another action',
      { type: 'hibernate', taskId: 't1' } as unknown as Action,
      'A job was refused: this agent knows no action "hibernate".',
    ],
  ])('refuses %s, says it, and does the next job', async (_, action, message) => {
    const { performed, outcome } = await aWorker()
    await queue.add('run', signed(1, { action }), { jobId: 'new' })
    await queue.add('run', signed(2), { jobId: 'good' })
    const hint = 'Upgrade setpoint-agent on this host to the version of the controller.'
    expect(await outcome('new')).toEqual({ code: 'JOB_REFUSED', message, hint, final: true })
    expect(await outcome('good')).toBeUndefined()
    expect(performed).toHaveLength(1)
  })

  it('does the next job after bytes that are not even JSON', async () => {
    await queue.add('run', signed(1), { jobId: 'bad' })
    await redis.client.hset(`${PREFIX}:${queueName('one')}:bad`, 'data', '{"half')
    await queue.add('run', signed(2), { jobId: 'good' })
    const { performed, outcome } = await aWorker()
    expect(await outcome('good')).toBeUndefined()
    expect(performed).toHaveLength(1)
  })

  it('does not begin a job after its deadline', async () => {
    const { performed, outcome } = await aWorker()
    await queue.add('run', signed(1, { deadline: '2020-01-01T00:00:00.000Z' }), { jobId: 'late' })
    expect(await outcome('late')).toMatchObject({ code: 'DEADLINE_PASSED' })
    expect(performed).toEqual([])
  })

  it('refuses a job that is replayed', async () => {
    const { performed, outcome } = await aWorker()
    const first = signed(1, { action: aRun('t1') })
    await queue.add('run', first, { jobId: 'first' })
    await outcome('first')
    await queue.add(
      'remove',
      signed(2, { action: { type: 'remove', taskId: 't1', stack: 'web', reason: '' } }),
      { jobId: 'second' },
    )
    await outcome('second')
    await queue.add('run', first, { jobId: 'replayed' })
    const refused = await outcome('replayed')
    expect(refused).toMatchObject({ code: 'JOB_REFUSED' })
    expect(refused).not.toHaveProperty('final') // another job for the same may come
    expect(performed.map((action) => action.type)).toEqual(['run', 'remove'])
  })

  it('goes on after Redis was killed and came back empty', async () => {
    const { outcome } = await aWorker()
    await queue.add('run', signed(1), { jobId: 'before' })
    await outcome('before')
    await redis.restart()
    await queue.add('run', signed(2), { jobId: 'after' })
    expect(await outcome('after')).toBeUndefined()
  })

  it('takes other jobs while one waits', async () => {
    const pull = Promise.withResolvers<void>()
    const { outcome } = await aWorker((action) =>
      'task' in action && action.task.id === 't1' ? pull.promise : Promise.resolve(),
    )
    await queue.add('run', signed(1), { jobId: 'slow' })
    for (const sequence of [2, 3, 4]) await queue.add('run', signed(sequence), { jobId: `quick${sequence}` })
    await Promise.all([2, 3, 4].map((sequence) => outcome(`quick${sequence}`)))
    pull.resolve()
    expect(await outcome('slow')).toBeUndefined()
  })
})
