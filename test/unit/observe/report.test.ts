import { afterEach, describe, expect, it } from 'vitest'
import { createReporter, type Reporter } from '../../../agent/observe/report.ts'
import { connectRedis } from '../../../agent/redis.ts'
import { Report, type ReportOf, Snapshot } from '../../../schemas/report.ts'
import type { TaskStatus } from '../../../schemas/task.ts'
import { checker } from '../../../schemas/validate.ts'
import { REPORTS, SNAPSHOTS } from '../../../schemas/wire.ts'
import { aSeen } from '../../support/agent-reports.ts'
import { aHost } from '../../support/builders.ts'
import { aLog } from '../../support/jobs.ts'
import { useRedis } from '../../support/redis.ts'

const redis = useRedis()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function aReporter({ tasks = [] as TaskStatus[], heartbeat = 60_000 } = {}): Reporter {
  const client = connectRedis(redis.url, aLog())
  const reporter = createReporter({
    ...{ redis: client, host: aHost('one').info, heartbeat, log: aLog() },
    ...{
      tasks: () => tasks,
      strays: () => [{ containerId: 'x', pid: 1, since: '2026-01-01T00:00:00.000Z' }],
      usage: () => ({ 'web-1': { cpuSeconds: 2, cores: 0.5, memory: 4096, pids: 3 } }),
    },
  })
  closing.push(async () => {
    await reporter.close()
    client.disconnect()
  })
  reporter.start()
  return reporter
}

/** Reads the stream until a report of this kind has come. */
async function heard(
  kind: Report['kind'],
  { after = '0', but = '' } = {},
): Promise<{ id: string; report: Report }> {
  const reader = redis.client.duplicate()
  reader.on('error', () => {})
  let last = after
  try {
    for (;;) {
      const answer = (await reader.xread('BLOCK', 500, 'STREAMS', REPORTS, last).catch(() => null)) as
        | [string, [string, string[]][]][]
        | null
      for (const [id, fields] of answer?.[0]?.[1] ?? []) {
        last = id
        const report = JSON.parse(fields[1] ?? '') as Report
        expect(checker(Report)(report)).toMatchObject({ ok: true })
        if (report.kind === kind && report.boot !== but) return { id, report }
      }
    }
  } finally {
    reader.disconnect()
  }
}

const snapshot = async () =>
  JSON.parse((await redis.client.hget(SNAPSHOTS, 'one')) ?? 'null') as Snapshot | null

describe('reports', () => {
  it('begin with a snapshot of all there is', async () => {
    aReporter({ tasks: [aSeen('t1', 'one')] })
    const { report } = await heard('snapshot')
    const seen = await snapshot()
    expect(checker(Snapshot)(seen)).toMatchObject({ ok: true })
    expect(seen).toMatchObject({
      boot: report.boot,
      sequence: report.sequence,
      strays: [{ containerId: 'x' }],
    })
    expect(seen?.tasks.map(({ id }) => id)).toEqual(['t1'])
  })

  it('tell of changes and outcomes in their order', async () => {
    const reporter = aReporter()
    await heard('snapshot')
    reporter.delta({ tasks: [aSeen('t1', 'one')], gone: ['t0'] })
    reporter.outcome('run-t1')
    const [delta, outcome] = [await heard('delta'), await heard('outcome')]
    expect(delta.report).toMatchObject({ gone: ['t0'], sequence: 2 })
    expect(outcome.report).toMatchObject({ jobId: 'run-t1', ok: true, sequence: 3 })
  })

  it('leave out what tasks have said when no controller would read them else', async () => {
    const tasks = Array.from({ length: 6 }, (_, slot) =>
      aSeen(`t${slot}`, 'one', {
        state: 'failed',
        logTail: ['x'.repeat(4e6)],
        probes: [{ exitCode: 1, output: 'no'.repeat(100), at: '2026-01-01T00:00:00.000Z' }],
      }),
    )
    const reporter = aReporter({ tasks })
    await heard('snapshot')
    reporter.delta({ tasks, gone: [] })
    const { report } = await heard('delta')
    for (const told of [await snapshot(), report as ReportOf<'delta'>]) {
      expect(told?.tasks.map(({ state, logTail }) => [state, logTail])).toEqual(
        tasks.map(() => ['failed', undefined]),
      )
      expect(told?.tasks[0]?.probes).toEqual([{ exitCode: 1, output: '', at: '2026-01-01T00:00:00.000Z' }])
    }
  })

  it('fill an emptied Redis at the next heartbeat', async () => {
    aReporter({ heartbeat: 20 })
    await heard('snapshot')
    await redis.flush()
    await heard('snapshot')
    expect(await snapshot()).not.toBeNull()
  })

  it('come again when Redis does, with the outcomes it has missed and without what is out of date', async () => {
    const reporter = aReporter()
    await heard('snapshot')
    await redis.kill()
    for (let n = 0; n < 1_000; n++) reporter.delta({ tasks: [aSeen('t1', 'one')], gone: [] })
    reporter.outcome('run-t1', { code: 'PORT_IN_USE', message: 'held' })
    await redis.restart()
    const { report } = await heard('outcome')
    expect(report).toMatchObject({ jobId: 'run-t1', ok: false, error: { code: 'PORT_IN_USE' } })
    expect(await snapshot()).not.toBeNull()
    expect(await redis.client.xlen(REPORTS)).toBe(2)
  })

  it('of a later life have a greater boot', async () => {
    aReporter()
    const first = await heard('snapshot')
    aReporter()
    const second = await heard('snapshot', { but: first.report.boot })
    expect(second.report.boot > first.report.boot).toBe(true)
  })
})
