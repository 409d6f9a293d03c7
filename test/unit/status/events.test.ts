import { describe, expect, it } from 'vitest'
import { createEvents } from '../../../controller/service/events.ts'
import { eventsBetween, type Scene } from '../../../controller/status/events.ts'
import type { DriftItem, StackStatus, StatusDocument, TaskView } from '../../../schemas/status.ts'
import { aStack, aStatus, REVISION } from '../api/fake-service.ts'

const empty: StatusDocument = { ...aStatus(), stacks: [], hosts: [] }
const scene = (status: StatusDocument, drift: DriftItem[] = []): Scene => ({ status, drift })
const withTask = (changes: Partial<TaskView>): StackStatus => {
  const stack = aStack()
  const [web] = stack.services
  const tasks = (web?.tasks ?? []).map((task) => ({ ...task, ...changes }))
  return { ...stack, services: web ? [{ ...web, tasks }] : [] }
}
const told = (before: Scene, after: Scene) =>
  eventsBetween(before, after).map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
const drifted: DriftItem = {
  ...{ stack: 'hello', service: 'web', taskId: 't', host: 'alpha', field: 'memory', wanted: '1', found: '2' },
  ...{ since: '', handling: 'heal' },
}

describe('what has happened', () => {
  it('is nothing between two equal moments', () => {
    expect(told(scene(aStatus(), [drifted]), scene(aStatus(), [drifted]))).toEqual([])
  })

  it('begins with hosts, stacks and their tasks', () => {
    expect(told(scene(empty), scene(aStatus()))).toEqual([
      'host HostJoined: alpha reports for the first time',
      `stack RevisionAccepted: stack hello is to be at ${REVISION.slice(0, 7)}`,
      'stack Converged: stack hello is converged: all tasks serve',
      'task TaskRunning: hello/web.1 is running',
      'task TaskHealthy: hello/web.1 is healthy',
    ])
  })

  it('tells of a task that goes, which may still be stopping', () => {
    const without = aStack()
    for (const service of without.services) service.tasks = []
    expect(told(scene(aStatus()), scene(aStatus(without)))).toEqual([
      'task TaskRemoved: hello/web.1 is being removed',
    ])
  })

  it.each<[string, Partial<TaskView>, string[]]>([
    ['its health', { health: 'unhealthy' }, ['task TaskUnhealthy: hello/web.1 is unhealthy']],
    [
      'another run',
      { restarts: 2, exitCode: 3 },
      ['task TaskRestarted: hello/web.1 is started again, its last exit code was 3'],
    ],
    [
      'a run that its host began',
      { renewals: 1, exitCode: 143 },
      ['task TaskRenewed: hello/web.1 is begun anew by its host'],
    ],
    [
      'that it goes on, without what ended the run before',
      { state: 'starting', error: { code: 'TASK_EXITED', message: 'It exited.' } },
      ['task TaskStarting: hello/web.1 is starting'],
    ],
    [
      'its end',
      { state: 'failed', error: { code: 'TASK_EXITED', message: 'It exited.' } },
      ['task TaskFailed: hello/web.1 is failed: It exited.'],
    ],
  ])('to a task: %s', (_, changes, wanted) => {
    expect(told(scene(aStatus()), scene(aStatus(withTask(changes))))).toEqual(wanted)
  })

  it('to hosts, sources and what is there', () => {
    const before = aStatus()
    const [host] = before.hosts
    const [source] = before.sources
    const after = {
      ...before,
      hosts: host ? [{ ...host, state: 'lost' as const }] : [],
      sources: source ? [{ ...source, error: { code: 'SOURCE_UNREACHABLE', message: 'No answer.' } }] : [],
    }
    expect(told(scene(before), scene(after, [drifted]))).toEqual([
      'host HostLost: alpha is lost, and was ready',
      'source SourceFailed: source demo: No answer.',
      'drift Drifted: memory of t is 2, and should be 1',
    ])
    expect(told(scene(after, [drifted]), scene(before))).toEqual([
      'host HostReady: alpha is ready, and was lost',
      'source SourceReadable: source demo can be read again',
      'drift DriftGone: memory of t is as it should be',
    ])
  })
})

it('is kept, and told to who follows; what is there at first is no event', async () => {
  let status = empty
  let change = () => {}
  let isCurrent = false
  const events = createEvents({
    look: () => scene(status),
    isCurrent: () => isCurrent,
    onChange: (listener) => {
      change = listener
      return () => {}
    },
    now: () => new Date('2026-01-01T10:00:00Z'),
    pause: 1,
  })
  const stop = new AbortController()
  const following = events.read({ follow: true }, stop.signal)
  change()
  status = aStatus() // a host that was there all along is heard
  isCurrent = true
  change()
  const first = following.next()
  status = aStatus(withTask({ health: 'unhealthy' }))
  change()
  expect((await first).value).toMatchObject({
    reason: 'TaskUnhealthy',
    stack: 'hello',
    at: '2026-01-01T10:00:00.000Z',
  })
  const read = async (query: { since?: string; stack?: string }) => {
    const found: string[] = []
    for await (const { reason } of events.read({ follow: false, ...query }, stop.signal)) found.push(reason)
    return found
  }
  expect(await read({})).toEqual(['TaskUnhealthy'])
  expect(await read({ stack: 'other' })).toEqual([])
  expect(await read({ since: '2026-01-01T10:00:00.001Z' })).toEqual([])
  const end = following.next()
  stop.abort()
  expect(await end).toEqual({ done: true, value: undefined })
  events.close()
})
