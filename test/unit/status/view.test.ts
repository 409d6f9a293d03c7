import { describe, expect, it } from 'vitest'
import { driftItems, strayItems } from '../../../controller/status/drift-items.ts'
import { type StackFacts, statusDocument } from '../../../controller/status/view.ts'
import type { Observed } from '../../../schemas/fleet.ts'
import type { Failure } from '../../../schemas/record.ts'
import type { StackStatus, TaskView } from '../../../schemas/status.ts'
import type { TaskFacts, TaskStatus } from '../../../schemas/task.ts'
import { aFleet, aHost, aRecord, aRevision, aService, aStack, aStatus, sha } from '../../support/builders.ts'

const NOW = new Date('2026-01-01T01:00:00.000Z')
const app = aService('app', {
  replicas: 2,
  container: { ports: [{ published: 8080, target: 80, protocol: 'tcp' }] },
})
const one = aRevision(1, aStack('web', [app]))
const two = aRevision(2, aStack('web', [aService('app', { replicas: 3 })]))

function task(slot: number, status: Partial<TaskStatus> = {}): TaskStatus {
  const { host = 'alpha' } = status
  return aStatus(
    { id: `t${slot}`, stack: 'web', service: 'app', slot, host, revision: sha(1), fingerprint: 'f' },
    status,
  )
}

function document(facts: Partial<StackFacts>, observed: Observed = aFleet(aHost('alpha'))) {
  return statusDocument([{ name: 'web', record: undefined, candidate: undefined, problems: [], ...facts }], {
    observed,
    sources: [],
    controller: { leads: true, message: null },
    keyOf: () => ({ state: 'pinned' as const, recipient: 'age1x', reported: 'age1x' }),
    problemOf: (host) => (host === 'beta' ? { code: 'JOB_REFUSED', message: 'No.', at: 'then' } : null),
    now: NOW,
  })
}

function stack(facts: Partial<StackFacts>, observed?: Observed): StackStatus {
  return document(facts, observed).stacks[0] as StackStatus
}

describe('a stack without a record', () => {
  it.each([
    ['one spec', two.spec, 'rolling', ['Ready/Progressing', 'Reconciling/Progressing']],
    ['problems', 'invalid' as const, 'stalled', ['Ready/InvalidRevision', 'Stalled/InvalidRevision']],
  ])('whose first commit has %s', (_, spec, outcome, conditions) => {
    const status = stack({ candidate: { source: 'infra', revision: sha(1), spec }, problems: ['web: bad'] })
    expect(status).toMatchObject({
      source: 'infra',
      outcome,
      revision: { attempted: null, applied: null },
      services: [],
      problems: ['web: bad'],
    })
    expect(status.conditions.map(({ type, reason }) => `${type}/${reason}`)).toEqual(conditions)
  })
})

describe('a stack with a record', () => {
  it('tells what was attempted and what was applied', () => {
    const { revision } = stack({ record: aRecord('web', two, { healthy: one }) })
    expect(revision).toEqual({ attempted: sha(2), applied: sha(1) })
  })

  it('tells since when a condition holds, and now for one that is not recorded', () => {
    const record = aRecord('web', one)
    const since = { 'Ready/True/Converged': '2026-01-01T00:30:00.000Z' }
    expect(stack({ record }).conditions).toMatchObject([{ since: NOW.toISOString() }])
    expect(stack({ record: { ...record, since } }).conditions).toMatchObject([
      { since: since['Ready/True/Converged'] },
    ])
  })

  it('shows the services of the healthy revision while the accepted one is bad', () => {
    const bad = { revision: two.revision, digest: two.spec.digest, reason: 'It ended.', at: '' }
    expect(stack({ record: aRecord('web', two, { healthy: one, bad }) }).services).toMatchObject([
      { name: 'app', desired: 2, ports: ['8080->80/tcp'] },
    ])
  })

  const failure: Failure = {
    service: 'app',
    slot: 1,
    taskId: 't1',
    host: 'alpha',
    code: 'TASK_EXITED',
    message: 'It ended.',
    at: '',
  }
  const history = [
    {
      id: 'r1',
      revision: sha(2),
      digest: 'd',
      direction: 'forward' as const,
      startedAt: '',
      outcome: 'rolledBack' as const,
      failure,
      trigger: 'commit',
    },
  ]

  it.each([
    ['while a revision is bad', { revision: sha(2), digest: 'd', reason: '', at: '' }, failure],
    ['no more once none is', null, undefined],
  ])('tells of the last failure %s', (_, bad, expected) => {
    expect(stack({ record: aRecord('web', one, { history, bad }) }).failure).toEqual(expected)
  })
})

describe('a service', () => {
  it.each<[string, TaskStatus[], [number, number]]>([
    ['without tasks', [], [0, 0]],
    ['whose tasks serve', [task(1), task(2, { health: 'healthy' })], [2, 2]],
    ['with one that is not healthy yet', [task(1), task(2, { health: 'starting' })], [2, 1]],
    ['with one that has ended', [task(1), task(2, { state: 'failed', exitCode: 1 })], [1, 1]],
    ['beside a task of another stack', [task(1), { ...task(2), stack: 'shop' }], [1, 1]],
  ])('%s', (_, tasks, [running, healthy]) => {
    const observed = aFleet(aHost('alpha', tasks))
    expect(stack({ record: aRecord('web', one) }, observed).services).toMatchObject([
      { desired: 2, running, healthy },
    ])
  })

  it('has its tasks in the order of slots, then hosts', () => {
    const observed = aFleet(aHost('beta', [task(1, { host: 'beta' })]), aHost('alpha', [task(2), task(1)]))
    const [service] = stack({ record: aRecord('web', one) }, observed).services
    expect(service?.tasks.map(({ slot, host }) => `${slot} ${host}`)).toEqual([
      '1 alpha',
      '1 beta',
      '2 alpha',
    ])
  })

  it.each<[string, TaskStatus, Partial<TaskView>]>([
    ['null for what is not known', task(1), { pid: null, exitCode: null, error: null }],
    ['the first run as no restart', task(1), { restarts: 0 }],
    ['later runs as restarts', task(1, { run: 4 }), { restarts: 3, renewals: 0 }],
    [
      'but not those that its host began anew',
      task(1, { run: 4, renewals: 2 }),
      { restarts: 1, renewals: 2 },
    ],
    ['when it starts again', task(1, { restartAt: 'then' }), { restartAt: 'then' }],
    ['nothing of an end before there was one', task(1), { ended: null, probes: [] }],
    [
      'how it ended, and what it last wrote',
      task(1, { exitCode: 137, endedAt: 'then', signal: 'SIGKILL', oomKilled: true, logTail: ['bye'] }),
      { ended: { exitCode: 137, signal: 'SIGKILL', oomKilled: true, at: 'then', log: ['bye'] } },
    ],
    [
      'its latest probes',
      task(1, { probes: [{ exitCode: 1, output: 'no', at: 'then' }] }),
      { probes: [{ exitCode: 1, output: 'no', at: 'then' }] },
    ],
    ['its addresses', task(1, { addresses: { default: '10.0.0.2' } }), { addresses: ['10.0.0.2'] }],
  ])('tells of a task %s', (_, status, expected) => {
    const [service] = stack({ record: aRecord('web', one) }, aFleet(aHost('alpha', [status]))).services
    expect(service?.tasks).toMatchObject([expected])
  })
})

it('hosts stand in the order of their names, each with its last problem', () => {
  const { hosts } = document({}, aFleet(aHost('beta', [], { state: 'lost' }), aHost('alpha')))
  expect(hosts).toMatchObject([
    { name: 'alpha', state: 'ready', problem: null },
    { name: 'beta', state: 'lost', problem: { code: 'JOB_REFUSED' } },
  ])
})

describe('drift', () => {
  const wanted: TaskFacts = {
    running: true,
    argv: ['app'],
    image: 'i',
    memory: null,
    cpus: null,
    pids: null,
    mounts: [],
    addresses: [],
    ports: [],
  }
  const observed = aFleet(aHost('alpha', [task(1, { wanted, found: { ...wanted, memory: 64 } })]))
  const reporting = aRevision(1, aStack('web', [app], { drift: 'report' }))

  it.each([
    ['healed', aRecord('web', one), 'heal'],
    ['only reported', aRecord('web', reporting), 'report'],
    ['handled as the revision says that runs', aRecord('web', reporting, { healthy: one }), 'heal'],
    ['only reported when no revision is left', aRecord('web', null), 'report'],
  ])('is %s', (_, record, handling) => {
    expect(driftItems(record, observed, NOW)).toEqual([
      {
        stack: 'web',
        service: 'app',
        taskId: 't1',
        host: 'alpha',
        field: 'memory',
        wanted: 'unlimited',
        found: '64',
        since: NOW.toISOString(),
        handling,
      },
    ])
  })

  it('that a new start of the task has not put right is told so', () => {
    const facts = { wanted, found: { ...wanted, mounts: ['/data=/srv'] }, unhealed: ['mounts'] }
    const items = driftItems(aRecord('web', one), aFleet(aHost('alpha', [task(1, facts)])), NOW)
    expect(items.map(({ field, handling }) => [field, handling])).toEqual([['mounts', 'unhealed']])
    expect(items[0]).not.toHaveProperty('isUnhealed')
  })

  it('is as old as the record says', () => {
    const since = { 'drift/t1/memory': '2026-01-01T00:30:00.000Z' }
    expect(driftItems(aRecord('web', one, { since }), observed, NOW)).toMatchObject([
      { since: since['drift/t1/memory'] },
    ])
  })
})

describe('strays', () => {
  it('that no stack has asked for are told and left to a person; those of a stack are removed (law 9)', () => {
    const strays = ['mine', 'foreign'].map((containerId) => ({ containerId, pid: 7, since: 'then' }))
    const item = { taskId: 'mine', service: 'app', slot: 1, host: 'alpha', at: 'then', seen: true }
    const items = strayItems(
      [aRecord('web', one, { inventory: [item] })],
      aFleet(aHost('alpha', [], { strays })),
    )
    expect(items.map(({ taskId, found, since, handling }) => [taskId, found, since, handling])).toEqual([
      ['mine', 'running, pid 7', 'then', 'heal'],
      ['foreign', 'running, pid 7', 'then', 'report'],
    ])
  })
})
