import { describe, expect, it } from 'vitest'
import { conditionsOf, type Seen, trackSince } from '../../../controller/status/conditions.ts'
import type { Rollout, StackRecord } from '../../../schemas/record.ts'
import type { DriftedField } from '../../../schemas/status.ts'
import { aFleet, aHost, aRecord, aRevision, aService, aStack, sha } from '../../support/builders.ts'

const one = aRevision(1, aStack('web', [aService('app')]))
const two = aRevision(2, aStack('web', [aService('app', { replicas: 2 })]))
const rollout: Rollout = {
  id: 'r1',
  direction: 'forward',
  from: one.revision,
  to: two,
  startedAt: '2026-01-01T00:00:00.000Z',
  services: {},
  phase: 'rolling',
}
const bad = { revision: two.revision, digest: two.spec.digest, reason: 'It ended.', at: rollout.startedAt }
const drift: DriftedField = {
  service: 'app',
  taskId: 't1',
  host: 'alpha',
  field: 'memory',
  wanted: '64',
  found: '128',
}

function seen(record: Partial<StackRecord> = {}, rest: Partial<Seen> = {}): Seen {
  return {
    record: aRecord('web', one, record),
    candidate: undefined,
    observed: aFleet(aHost('alpha')),
    drift: [],
    ...rest,
  }
}

function item(host: string): StackRecord['inventory'][number] {
  return { taskId: 't1', service: 'app', slot: 1, host, at: rollout.startedAt, seen: true }
}

describe('the conditions of a stack', () => {
  it.each<[string, Seen, string[]]>([
    ['has converged', seen(), ['Ready True Converged']],
    [
      'rolls out',
      seen({ rollout, outcome: 'rolling' }),
      ['Ready False Progressing', 'Reconciling True RollingOut'],
    ],
    [
      'has converged before and rolls out',
      seen({ rollout }),
      ['Ready False Converged', 'Reconciling True RollingOut'],
    ],
    [
      'goes back',
      seen({ rollout: { ...rollout, direction: 'back' }, outcome: 'rolling' }),
      ['Ready False Progressing', 'Reconciling True RollingBack'],
    ],
    [
      'was rolled back',
      seen({ accepted: two, healthy: one, bad, outcome: 'rolledBack' }),
      ['Ready False RolledBack', 'Stalled True RevisionIsBad'],
    ],
    [
      'has a bad revision that is wanted no more',
      seen({ accepted: one, bad, outcome: 'rolledBack' }),
      ['Ready False RolledBack'],
    ],
    [
      'pauses',
      seen({ rollout: { ...rollout, phase: 'paused' }, outcome: 'stalled' }),
      ['Ready False RolloutFailed', 'Stalled True RolloutPaused'],
    ],
    ['is degraded', seen({ outcome: 'degraded' }), ['Ready False Degraded']],
    ['has a host that is silent', seen({ inventory: [item('beta')] }), ['Ready Unknown HostSilent']],
    [
      'has a host that is late',
      seen({ inventory: [item('alpha')] }, { observed: aFleet(aHost('alpha', [], { state: 'stale' })) }),
      ['Ready Unknown HostSilent'],
    ],
    ['has a host that reports', seen({ inventory: [item('alpha')] }), ['Ready True Converged']],
    [
      'has a newest commit with problems',
      seen({}, { candidate: { source: 'infra', revision: sha(3), spec: 'invalid' } }),
      ['Ready False InvalidRevision', 'Stalled True InvalidRevision'],
    ],
    ['has drifted', seen({}, { drift: [drift] }), ['Ready True Converged', 'Drifted True FieldsDiffer']],
  ])('that %s', (_, facts, expected) => {
    expect(conditionsOf(facts).map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual(
      expected,
    )
  })

  it.each<[string, Seen, string]>([
    [
      'which host is silent',
      seen({ inventory: [item('beta')] }),
      "Nothing is known of host beta: it does not report, or what it reports cannot be read, which the controller's log tells; its tasks are left as they are. `setpoint hosts rm beta` if it is gone for good.",
    ],
    [
      'which host has fallen silent',
      seen({ inventory: [item('beta')] }, { observed: aFleet(aHost('beta', [], { state: 'lost' })) }),
      'Host beta does not report; its tasks are left as they are. `setpoint hosts rm beta` if it is gone for good.',
    ],
    [
      'what stays in force',
      seen({}, { candidate: { source: 'infra', revision: sha(3), spec: 'invalid' } }),
      `Commit ${sha(3).slice(0, 7)} has problems; ${sha(1).slice(0, 7)} stays in force.`,
    ],
    [
      'that nothing was deployed',
      seen({ accepted: null }, { candidate: { source: 'infra', revision: sha(3), spec: 'invalid' } }),
      `Commit ${sha(3).slice(0, 7)} has problems; nothing was deployed.`,
    ],
    [
      'what has drifted first, and how much more',
      seen({}, { drift: [drift, { ...drift, field: 'cpus' }] }),
      't1 memory: wanted 64, found 128 and 1 more',
    ],
  ])('tell %s', (_, facts, message) => {
    expect(conditionsOf(facts).map((fact) => fact.message)).toContain(message)
  })
})

describe('since when', () => {
  const now = new Date('2026-01-01T01:00:00.000Z')
  const conditions = conditionsOf(seen())

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['begins now for what is new', {}, { 'Ready/True/Converged': now.toISOString() }],
    [
      'stays for what is as it was',
      { 'Ready/True/Converged': 'before' },
      { 'Ready/True/Converged': 'before' },
    ],
    [
      'is forgotten for what is no longer so',
      { 'Ready/False/Degraded': 'before' },
      { 'Ready/True/Converged': now.toISOString() },
    ],
    [
      'keeps when the stack began to serve',
      { 'Ready/True/Converged': 'before', serving: 'then' },
      { 'Ready/True/Converged': 'before', serving: 'then' },
    ],
  ])('%s', (_, since, expected) => {
    expect(trackSince(since, { conditions, drift: [], now })).toEqual(expected)
  })

  it('is kept for each drifted field', () => {
    expect(trackSince({ 'drift/t1/memory': 'before' }, { conditions: [], drift: [drift], now })).toEqual({
      'drift/t1/memory': 'before',
    })
  })
})
