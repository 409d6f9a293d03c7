import { describe, expect, it } from 'vitest'
import { type NetworkSpec, networkKey } from '../../../schemas/network.ts'
import { describePort } from '../../../schemas/port.ts'
import type { ServiceSpec, StackSpec } from '../../../schemas/stack.ts'
import type { Task, TaskStatus } from '../../../schemas/task.ts'
import { aService, aStack, sha } from '../../support/builders.ts'
import { type Fate, lines, type Simulation, simulate } from '../../support/simulation.ts'

const broken = {
  state: 'failed' as const,
  failures: 1,
  exitCode: 1,
  error: { code: 'TASK_EXITED', message: 'It ended with exit code 1.' },
}
const unhealthy = {
  health: 'unhealthy' as const,
  failures: 1,
  probes: [{ exitCode: 1, output: 'connection refused', at: '' }],
  error: { code: 'HEALTH_FAILED', message: 'Its healthcheck failed 3 times.' },
}

const rejected = {
  state: 'rejected' as const,
  error: { code: 'PORT_IN_USE', message: 'Port 8080 is held by another program.' },
}

function version(v: string, options: Parameters<typeof aService>[1] = {}): StackSpec {
  return aStack('web', [
    aService('app', { replicas: 3, ...options, container: { environment: { V: v }, ...options.container } }),
  ])
}

/** A fate for the tasks of one version of the stack. */
function fateOf(spec: StackSpec, status: Partial<TaskStatus>): Fate {
  const fingerprints = new Set(spec.services.map((service) => service.fingerprint))
  return (task) => (fingerprints.has(task.fingerprint) ? status : {})
}

function deployed(first: StackSpec, fate: Fate = () => ({})) {
  const simulation = simulate({ fate })
  simulation.commit(sha(1), first)
  simulation.settle()
  return simulation
}

/** What its rollouts came to, the newest first. */
function outcomes(simulation: Simulation): string[] {
  return (simulation.record()?.history ?? []).map((entry) => entry.outcome)
}

describe('a host that is gone for good', () => {
  const hostsOf = (simulation: Simulation) =>
    simulation
      .tasks()
      .map(({ slot, host }) => `${slot} ${host}`)
      .sort()

  it('holds up a rollout until it is forgotten, and what it had is removed where it comes back', () => {
    const simulation = simulate({ hosts: ['a', 'b'] })
    simulation.commit(sha(1), version('1', { replicas: 2 }))
    simulation.settle()
    expect(hostsOf(simulation)).toEqual(['1 a', '2 b'])
    simulation.silence('b')
    simulation.commit(sha(2), version('2', { replicas: 2 }))
    simulation.settle()
    expect(simulation.record()?.message).toContain(
      'app.2 waits: host b, which may still run it, does not report',
    )
    simulation.forget('b')
    simulation.settle()
    expect(simulation.record()).toMatchObject({ outcome: 'converged', healthy: { revision: sha(2) } })
    expect(hostsOf(simulation)).toEqual(['1 a', '2 a'])
    expect(simulation.turn()).toEqual([])

    simulation.comeBack('b')
    simulation.settle()
    expect(hostsOf(simulation)).toEqual(['1 a', '2 a'])
    expect(simulation.record()?.inventory.map(({ host }) => host)).toEqual(['a', 'a'])
  })

  it('is forgotten in the middle of a batch: what was let go there is let go anew, and has its time', () => {
    const fate: Fate = ({ host }) => (host === 'b' ? { health: 'starting' } : {})
    const simulation = simulate({ hosts: ['a', 'b'], fate })
    simulation.commit(sha(1), version('1', { replicas: 2 }))
    simulation.turn()
    simulation.silence('b')
    simulation.pass(119_000)
    simulation.turn()
    simulation.forget('b')
    simulation.turn()
    simulation.pass(2_000) // past the deadline of the batch that it was in
    expect(lines(simulation.turn())).toEqual(['run app.2'])
    simulation.settle()
    expect(simulation.record()).toMatchObject({ outcome: 'converged' })
    expect(hostsOf(simulation)).toEqual(['1 a', '2 a'])
  })
})

describe('a job that its host refuses for good', () => {
  const [first, second] = [version('1'), version('2')]
  const refuses = (spec: StackSpec) => (task: Task) =>
    spec.services.some(({ fingerprint }) => fingerprint === task.fingerprint)

  it('ends the wait at once, with what the host said, and the stack goes back', () => {
    const simulation = simulate({ refuses: refuses(second) })
    simulation.commit(sha(1), first)
    simulation.settle()
    simulation.commit(sha(2), second)
    simulation.turn()
    simulation.turn()
    expect(simulation.record()?.rollout?.direction).toBe('back')
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'rolledBack',
      bad: { reason: 'app.1 failed: On a: This agent does not know it.' },
    })
  })

  it('is sent anew with the next commit, and not judged by the old answer', () => {
    let isOld = true
    const both = (version: string, other: string) =>
      aStack('web', [
        aService('app', { container: { environment: { V: version } }, update: { failureAction: 'pause' } }),
        aService('other', { container: { environment: { V: other } } }),
      ])
    const simulation = simulate({ refuses: (task) => isOld && task.container.environment.V === '2' })
    simulation.commit(sha(1), both('1', '1'))
    simulation.settle()
    simulation.commit(sha(2), both('2', '1'))
    simulation.settle()
    expect(simulation.record()?.rollout?.phase).toBe('paused')
    isOld = false
    simulation.pass(1_000)
    simulation.commit(sha(3), both('2', '3'))
    expect(simulation.settle().map(lines)).toEqual([['replace app.1', 'replace other.1']])
    expect(simulation.record()?.outcome).toBe('converged')
  })

  it('does not keep the other slots where a service goes on with failures', () => {
    const service = (version: string) =>
      aService('app', {
        ...{ replicas: 2, container: { environment: { V: version } }, update: { failureAction: 'continue' } },
      })
    const simulation = simulate({
      refuses: (task) => task.slot === 1 && task.container.environment.V === '2',
    })
    simulation.commit(sha(1), aStack('web', [service('1')]))
    simulation.settle()
    simulation.commit(sha(2), aStack('web', [service('2')]))
    expect(simulation.settle().flatMap(lines)).toContain('replace app.2')
  })

  it.each([
    ['is allowed to fail', { maxFailureRatio: 0.5 }, sha(2)],
    ['may fail regardless', { failureAction: 'continue' as const }, sha(1)],
  ])('ends a rollout in which its slot %s: degraded, with the task of before', (_, update, healthy) => {
    const app = (version: string) =>
      aService('app', { replicas: 2, container: { environment: { V: version } }, update })
    let isOld = true
    const simulation = simulate({
      refuses: (task) => isOld && task.slot === 1 && task.container.environment.V === '2',
    })
    simulation.commit(sha(1), aStack('web', [app('1')]))
    simulation.settle()
    simulation.commit(sha(2), aStack('web', [app('2')]))
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      ...{ rollout: null, outcome: 'degraded', healthy: { revision: healthy } },
      message: 'app.1 is refused by a: This agent does not know it.',
    })
    expect(simulation.tasks().map(({ state }) => state)).toEqual(['running', 'running'])

    isOld = false
    simulation.settle()
    expect(simulation.record()).toMatchObject({ outcome: 'converged', healthy: { revision: sha(2) } })
  })

  it('stalls a first deploy', () => {
    const simulation = simulate({ refuses: refuses(first) })
    simulation.commit(sha(1), first)
    simulation.turn()
    simulation.turn()
    expect(simulation.record()).toMatchObject({ outcome: 'stalled', rollout: null })
  })
})

describe('a first deploy', () => {
  it('starts all slots at once, then converges after the monitor time', () => {
    const simulation = simulate()
    simulation.commit(sha(1), version('1'))
    expect(lines(simulation.turn())).toEqual(['run app.1', 'run app.2', 'run app.3'])
    simulation.turn()
    expect(simulation.record()?.outcome).toBe('rolling')
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'converged',
      healthy: { revision: sha(1) },
      rollout: null,
      bad: null,
    })
  })

  it('that fails is stalled, keeps what runs, and is not tried again', () => {
    const simulation = deployed(version('1'), () => broken)
    expect(simulation.record()).toMatchObject({
      outcome: 'stalled',
      healthy: null,
      bad: { revision: sha(1) },
    })
    expect(simulation.tasks()).toHaveLength(3)
    expect(simulation.record()?.history[0]).toMatchObject({
      outcome: 'stalled',
      failure: { exitCode: 1, service: 'app' },
    })
    expect(simulation.settle()).toEqual([])
  })

  it('waits for what a service depends on', () => {
    const stack = aStack('web', [
      aService('app', { dependsOn: [{ service: 'db', condition: 'healthy' }] }),
      aService('db'),
    ])
    const simulation = simulate()
    simulation.commit(sha(1), stack)
    expect(simulation.settle().map(lines)).toEqual([['run db.1'], ['run app.1']])
  })

  it('lets a one-shot service end well before what waits for it', () => {
    const migrate = aService('migrate', { container: { restart: { condition: 'none' } } })
    const stack = aStack('web', [
      aService('app', { dependsOn: [{ service: 'migrate', condition: 'completed' }] }),
      migrate,
    ])
    const simulation = simulate({
      fate: (task) => (task.service === 'migrate' ? { state: 'complete', exitCode: 0 } : {}),
    })
    simulation.commit(sha(1), stack)
    expect(simulation.settle().map(lines)).toEqual([['run migrate.1'], ['run app.1']])
    expect(simulation.record()?.outcome).toBe('converged')
  })
})

describe('a changed commit', () => {
  it('moves the slots one batch after the other', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), version('2'))
    expect(simulation.settle().map(lines)).toEqual([['replace app.1'], ['replace app.2'], ['replace app.3']])
    expect(simulation.record()).toMatchObject({ outcome: 'converged', healthy: { revision: sha(2) } })
  })

  it('respects parallelism, and never has more slots down than that', () => {
    const simulation = deployed(version('1', { update: { parallelism: 2 } }))
    simulation.commit(sha(2), version('2', { update: { parallelism: 2 } }))
    expect(simulation.settle().map((release) => release.length)).toEqual([2, 1])
  })

  it('that only scales up starts the new slots at once and replaces nothing', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), version('1', { replicas: 5 }))
    expect(simulation.settle().map(lines)).toEqual([['run app.4', 'run app.5']])
  })

  it('that scales down removes the highest slots', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), version('1', { replicas: 1 }))
    expect(simulation.settle().map(lines)).toEqual([['remove app.2', 'remove app.3']])
  })

  it('without a service removes it once the rest serves', () => {
    const both = aStack('web', [aService('app'), aService('old')])
    const simulation = deployed(both)
    simulation.commit(sha(2), aStack('web', [aService('app', { container: { environment: { V: '2' } } })]))
    expect(simulation.settle().map(lines)).toEqual([['replace app.1'], ['remove old.1']])
  })

  it('that does not touch the stack only moves its revision', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), version('1'))
    expect(simulation.settle()).toEqual([])
    expect(simulation.record()).toMatchObject({
      accepted: { revision: sha(2) },
      healthy: { revision: sha(2) },
      outcome: 'converged',
    })
  })

  it('that is invalid changes nothing (law 1)', () => {
    const simulation = deployed(version('1'))
    const before = simulation.record()
    simulation.commit(sha(2), 'invalid')
    expect(simulation.settle()).toEqual([])
    expect(simulation.record()).toEqual(before)
  })

  it('without the stack removes all of it', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), 'removed')
    expect(simulation.settle().flat()).toHaveLength(3)
    expect(simulation.tasks()).toEqual([])
    expect(simulation.record()?.inventory).toEqual([])
  })
})

describe('a commit that fails', () => {
  it('goes back to the last healthy revision: only the moved slot, with the reason', () => {
    const bad = version('2')
    const simulation = deployed(version('1'), fateOf(bad, unhealthy))
    simulation.commit(sha(2), bad)
    const released = simulation.settle().map(lines)
    expect(released).toEqual([['replace app.1'], ['replace app.1']])
    expect(simulation.record()).toMatchObject({
      outcome: 'rolledBack',
      accepted: { revision: sha(2) },
      healthy: { revision: sha(1) },
      bad: { revision: sha(2) },
    })
    const [back, forward] = simulation.record()?.history ?? []
    expect(back).toMatchObject({ direction: 'back', outcome: 'rolledBack', trigger: 'automatic' })
    expect(forward).toMatchObject({
      outcome: 'rolledBack',
      failure: { probe: 'connection refused', code: 'HEALTH_FAILED' },
    })
  })

  it('is remembered: nothing happens until a newer commit (law 8)', () => {
    const bad = version('2')
    const simulation = deployed(version('1'), fateOf(bad, broken))
    simulation.commit(sha(2), bad)
    simulation.settle()
    simulation.commit(sha(3), bad)
    expect(simulation.settle()).toEqual([])
    simulation.commit(sha(4), version('3'))
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'converged',
      bad: null,
      healthy: { revision: sha(4) },
    })
  })

  it('takes the whole stack back together', () => {
    const v = (n: string) =>
      aStack(
        'web',
        ['app', 'db'].map((name) => aService(name, { container: { environment: { V: n, name } } })),
      )
    const bad = v('2')
    const simulation = deployed(v('1'), (task) =>
      task.service === 'app' && task.container.environment.V === '2' ? broken : {},
    )
    simulation.commit(sha(2), bad)
    simulation.settle()
    const fingerprints = v('1')
      .services.map((service) => service.fingerprint)
      .sort()
    expect(
      simulation
        .tasks()
        .map((task) => task.fingerprint)
        .sort(),
    ).toEqual(fingerprints)
  })

  it('moves what does not serve at once, and what serves with the usual care', () => {
    const bad = version('3')
    const simulation = deployed(version('1'), fateOf(bad, unhealthy))
    simulation.commit(sha(2), version('2', { update: { parallelism: 0 } }))
    simulation.turn()
    simulation.commit(sha(3), bad)
    const released = simulation.settle().map(lines)
    expect(released).toEqual([['replace app.1'], ['replace app.1'], ['replace app.2'], ['replace app.3']])
    expect(simulation.record()).toMatchObject({ outcome: 'rolledBack', healthy: { revision: sha(1) } })
  })

  it('after another bad one still goes back to the last healthy revision', () => {
    const [bad, worse] = [version('2'), version('3')]
    const simulation = deployed(version('1'), (task) => (task.container.environment.V === '1' ? {} : broken))
    simulation.commit(sha(2), bad)
    simulation.turn()
    simulation.commit(sha(3), worse)
    simulation.settle()
    expect(simulation.record()).toMatchObject({ outcome: 'rolledBack', healthy: { revision: sha(1) } })
    expect(new Set(simulation.tasks().map((task) => task.fingerprint))).toEqual(
      new Set([version('1').services[0]?.fingerprint]),
    )
  })

  it('restores the replicas of the healthy revision too', () => {
    const bad = version('2', { replicas: 5 })
    const simulation = deployed(version('1', { replicas: 2 }), fateOf(bad, broken))
    simulation.commit(sha(2), bad)
    simulation.settle()
    expect(simulation.tasks()).toHaveLength(2)
  })

  it('pauses when the rollback fails too, and says so', () => {
    let doomed = false
    const simulation = deployed(version('1'), () => (doomed ? broken : {}))
    doomed = true
    simulation.commit(sha(2), version('2'))
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'stalled',
      rollout: { phase: 'paused', direction: 'back' },
    })
    doomed = false
    simulation.commit(sha(3), version('3'))
    simulation.settle()
    expect(simulation.record()).toMatchObject({ outcome: 'converged', healthy: { revision: sha(3) } })
  })

  it('is judged against its deadline when it never serves', () => {
    const late = version('2', { update: { deadline: 60_000 } })
    const simulation = deployed(version('1'), fateOf(late, { state: 'preparing' }))
    simulation.commit(sha(2), late)
    simulation.settle()
    expect(simulation.record()).toMatchObject({ outcome: 'rolledBack' })
    expect(simulation.record()?.history[1]?.failure).toMatchObject({ code: 'DEADLINE_PASSED' })
  })

  it('counts an early failure although a later slot turns healthy', () => {
    const bad = version('2', { update: { parallelism: 3 } })
    const simulation = deployed(version('1'), (task) =>
      task.container.environment.V === '2' && task.slot === 1 ? { ...broken, state: 'running' } : {},
    )
    simulation.commit(sha(2), bad)
    simulation.settle()
    expect(simulation.record()?.outcome).toBe('rolledBack')
  })

  it('waits for an image that is not there yet, but not for ever', () => {
    const soon = version('2')
    const refused = {
      state: 'rejected' as const,
      error: { code: 'IMAGE_NOT_FOUND', message: 'not in the registry' },
    }
    let run = 1
    const simulation = deployed(version('1'), fateOf(soon, refused))
    simulation.commit(sha(2), soon)
    simulation.turn()
    simulation.turn()
    expect(simulation.record()?.rollout?.direction).toBe('forward')
    for (const tasks of simulation.hosts.values())
      for (const task of tasks) if (task.state === 'rejected') task.run = run += 2
    simulation.settle()
    expect(simulation.record()?.outcome).toBe('rolledBack')
  })
})

describe('failure actions', () => {
  it('pause: one slot new, the rest old, and nothing moves on', () => {
    const bad = version('2', { update: { failureAction: 'pause' } })
    const simulation = deployed(version('1'), fateOf(bad, broken))
    simulation.commit(sha(2), bad)
    simulation.settle()
    const old = version('1').services[0]?.fingerprint
    expect(simulation.tasks().filter((task) => task.fingerprint === old)).toHaveLength(2)
    expect(simulation.record()).toMatchObject({ outcome: 'stalled', rollout: { phase: 'paused' } })
    expect(simulation.settle()).toEqual([])
  })

  it('continue: every slot is moved, and the stack is told to be degraded', () => {
    const bad = version('2', { update: { failureAction: 'continue' } })
    const simulation = deployed(version('1'), fateOf(bad, broken))
    simulation.commit(sha(2), bad)
    simulation.settle()
    expect(new Set(simulation.tasks().map((task) => task.fingerprint)).size).toBe(1)
    expect(simulation.record()).toMatchObject({ outcome: 'degraded', healthy: { revision: sha(1) } })
    expect(outcomes(simulation)).toEqual(['degraded', 'converged'])
    for (const task of simulation.tasks()) Object.assign(task, { state: 'running' })
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'converged',
      healthy: { revision: sha(2) },
      previous: [{ revision: sha(1) }],
    })
  })

  it('a ratio allows that many failures and not one more (Swarm: strictly greater)', () => {
    const bad = version('2', { replicas: 4, update: { maxFailureRatio: 0.25 } })
    const one = deployed(version('1', { replicas: 4 }), (task) =>
      task.container.environment.V === '2' && task.slot === 1 ? broken : {},
    )
    one.commit(sha(2), bad)
    one.settle()
    expect(one.record()).toMatchObject({ rollout: null, outcome: 'degraded', healthy: { revision: sha(2) } })
    expect(outcomes(one)).toEqual(['degraded', 'converged'])
    const two = deployed(version('1', { replicas: 4 }), (task) =>
      task.container.environment.V === '2' && task.slot < 3 ? broken : {},
    )
    two.commit(sha(2), bad)
    two.settle()
    expect(two.record()?.outcome).toBe('rolledBack')
  })
})

describe('superseding', () => {
  it('a newer commit takes over a rollout in flight at once', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), version('2'))
    simulation.turn()
    simulation.commit(sha(3), version('3'))
    simulation.settle()
    expect(simulation.record()?.history.map((entry) => entry.outcome)).toEqual([
      'converged',
      'superseded',
      'converged',
    ])
  })

  it('going back to the healthy content by a commit needs no bad mark', () => {
    const bad = version('2')
    const simulation = deployed(version('1'), fateOf(bad, broken))
    simulation.commit(sha(2), bad)
    simulation.settle()
    simulation.commit(sha(3), version('1'))
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'converged',
      bad: null,
      healthy: { revision: sha(3) },
    })
  })
})

describe('a steady stack', () => {
  it('fills a slot that lost its task, without a rollout', () => {
    const simulation = deployed(version('1'))
    simulation.hosts.get('a')?.pop()
    expect(simulation.settle().map(lines)).toEqual([['run app.3']])
    expect(simulation.record()?.outcome).toBe('converged')
  })

  it('is degraded while a task does not serve, and converged when it does again', () => {
    const simulation = deployed(version('1'))
    const [task] = simulation.hosts.get('a') ?? []
    if (task) task.state = 'failed'
    simulation.turn()
    expect(simulation.record()?.outcome).toBe('degraded')
    if (task) task.state = 'running'
    simulation.turn()
    expect(simulation.record()?.outcome).toBe('converged')
  })

  it('does nothing to tasks on a host that fell silent', () => {
    const simulation = deployed(version('1'))
    simulation.silence('a')
    simulation.commit(sha(2), version('2'))
    expect(simulation.settle()).toEqual([])
  })
})

describe('what failed and serves again', () => {
  /** The next run of each task begins now. */
  const start = (simulation: Simulation, ahead = 0) => {
    const since = new Date(simulation.now().getTime() + ahead).toISOString()
    for (const task of simulation.tasks()) Object.assign(task, { state: 'running', run: task.run + 1, since })
  }
  const crash = (simulation: Simulation) => {
    const since = simulation.now().toISOString()
    for (const task of simulation.tasks()) Object.assign(task, broken, { since })
  }
  const outcomeAfter = (simulation: Simulation, ms: number) => {
    simulation.pass(ms)
    simulation.turn()
    return simulation.record()?.outcome
  }

  it('is no healthy revision in the instants of a crash loop: it is stalled until a run holds for the monitor time', () => {
    const simulation = deployed(version('1'), () => broken)
    for (let run = 0; run < 5; run++) {
      start(simulation)
      expect(outcomeAfter(simulation, 300)).toBe('stalled')
      crash(simulation)
      expect(outcomeAfter(simulation, 1000)).toBe('stalled')
    }
    start(simulation)
    expect(outcomeAfter(simulation, 4999)).toBe('stalled')
    expect(simulation.record()).toMatchObject({ healthy: null, bad: { revision: sha(1) } })
    expect(outcomeAfter(simulation, 1)).toBe('converged')
    expect(simulation.record()).toMatchObject({ healthy: { revision: sha(1) }, bad: null })
  })

  it('is awake when the monitor time is over', () => {
    const simulation = deployed(version('1'), () => broken)
    start(simulation)
    simulation.settle()
    expect(simulation.record()?.outcome).toBe('converged')
  })

  it('is degraded until all has served for the monitor time, and says so', () => {
    const simulation = deployed(version('1'))
    crash(simulation)
    expect(outcomeAfter(simulation, 0)).toBe('degraded')
    start(simulation)
    expect(outcomeAfter(simulation, 300)).toBe('degraded')
    expect(simulation.record()?.message).toBe('app.1 serves again; it counts once it has gone on for 5s.')
    crash(simulation)
    outcomeAfter(simulation, 0)
    start(simulation)
    expect(outcomeAfter(simulation, 4800)).toBe('degraded')
    expect(outcomeAfter(simulation, 200)).toBe('converged')
  })

  it('does not wait for the hour of a host whose clock is ahead', () => {
    const simulation = deployed(version('1'))
    crash(simulation)
    simulation.turn()
    start(simulation, 3_600_000)
    expect(outcomeAfter(simulation, 0)).toBe('converged')
  })

  it('does not end a rollout that goes on regardless as converged', () => {
    const bad = version('2', { replicas: 1, update: { failureAction: 'continue' } })
    const simulation = deployed(version('1', { replicas: 1 }), fateOf(bad, broken))
    simulation.commit(sha(2), bad)
    simulation.turn()
    simulation.turn()
    simulation.pass(4900)
    start(simulation)
    expect(outcomeAfter(simulation, 200)).toBe('rolling')
    crash(simulation)
    expect(outcomeAfter(simulation, 0)).toBe('degraded')
    expect(simulation.record()).toMatchObject({ rollout: null, healthy: { revision: sha(1) } })
  })
})

describe('waiting', () => {
  const apart = (a: string, b: string) =>
    aStack('web', [
      aService('app', { container: { environment: { V: a } } }),
      aService('db', { container: { environment: { V: b, NAME: 'db' } } }),
    ])

  it('does not wait for a service that it does not touch: it ends, and the stack is told to be degraded', () => {
    const simulation = deployed(apart('1', '1'))
    for (const task of simulation.tasks()) if (task.service === 'db') task.health = 'unhealthy'
    simulation.commit(sha(2), apart('2', '1'))
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      rollout: null,
      outcome: 'degraded',
      healthy: { revision: sha(2) },
    })
  })

  it('never calls a commit converged that leaves a rejected task as it is', () => {
    const simulation = deployed(apart('1', '1'))
    for (const task of simulation.tasks()) if (task.service === 'db') Object.assign(task, rejected)
    simulation.commit(sha(2), aStack('web', apart('1', '1').services, { drift: 'report' }))
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'degraded',
      message: 'db.1 is rejected on a: Port 8080 is held by another program.',
      healthy: { revision: sha(2) },
    })
    expect(outcomes(simulation)).toEqual(['degraded', 'converged'])
  })

  it('waits for a task that its host is just restarting, and has then converged', () => {
    const simulation = deployed(apart('1', '1'))
    const db = simulation.tasks().find((task) => task.service === 'db')
    Object.assign(db ?? {}, { state: 'starting' })
    simulation.commit(sha(2), aStack('web', apart('1', '1').services, { drift: 'report' }))
    simulation.turn()
    expect(simulation.record()?.outcome).toBe('rolling')
    Object.assign(db ?? {}, { state: 'running' })
    simulation.settle()
    expect(outcomes(simulation)).toEqual(['converged', 'converged'])
  })

  it('puts tasks on trial again that no healthy revision has had', () => {
    const late = version('1', { update: { deadline: 60_000 } })
    const simulation = deployed(late, () => ({ state: 'preparing' }))
    expect(simulation.record()?.outcome).toBe('stalled')
    simulation.commit(sha(2), version('1', { update: { deadline: 600_000 } }))
    simulation.turn()
    simulation.pass(300_000)
    simulation.turn()
    expect(simulation.record()?.outcome).toBe('rolling')
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'stalled',
      healthy: null,
      bad: { revision: sha(2) },
    })
    expect(simulation.record()?.history[0]?.failure?.message).toContain('did not serve within 10m')
  })

  it('takes the deadline of a newer commit for what is on its way', () => {
    const slow = (deadline: number) => version('2', { update: { deadline } })
    const simulation = deployed(version('1'), fateOf(slow(0), { state: 'preparing' }))
    simulation.commit(sha(2), slow(60_000))
    simulation.turn()
    simulation.commit(sha(3), slow(600_000))
    simulation.pass(100_000)
    simulation.turn()
    expect(simulation.record()?.rollout?.direction).toBe('forward')
  })

  it('still holds what a superseded rollout has let go to its deadline', () => {
    const simulation = deployed(apart('1', '1'), (task) =>
      task.service === 'db' && task.container.environment.V === '2' ? broken : {},
    )
    simulation.commit(sha(2), apart('1', '2'))
    simulation.turn()
    simulation.commit(sha(3), apart('2', '2'))
    simulation.settle()
    expect(simulation.record()).toMatchObject({ outcome: 'rolledBack', healthy: { revision: sha(1) } })
  })

  it('gives up when what it depends on does not come in time', () => {
    const stack = (v: string) =>
      aStack('web', [
        aService('app', {
          dependsOn: [{ service: 'db', condition: 'healthy' }],
          container: { environment: { V: v } },
        }),
        aService('db', { container: { environment: { NAME: 'db' } } }),
      ])
    const simulation = deployed(stack('1'))
    for (const task of simulation.tasks()) if (task.service === 'db') task.health = 'unhealthy'
    simulation.commit(sha(2), stack('2'))
    simulation.settle()
    const [, forward] = simulation.record()?.history ?? []
    expect(forward).toMatchObject({
      outcome: 'rolledBack',
      failure: { code: 'DEADLINE_PASSED', message: 'It waited 2m for db.' },
    })
  })

  it('gives a port up before another service of the stack takes it', () => {
    const port = { target: 80, published: 8080, protocol: 'tcp' as const }
    const holding = { ports: ['8080->80/tcp'] }
    const simulation = deployed(
      aStack('web', [aService('old', { container: { ports: [port] } })]),
      () => holding,
    )
    simulation.commit(
      sha(2),
      aStack('web', [aService('new', { container: { ports: [port], environment: { V: '2' } } })]),
    )
    expect(simulation.settle().map(lines)).toEqual([['remove old.1'], ['run new.1']])
    expect(simulation.record()?.outcome).toBe('converged')
  })

  const publishing = (name: string, published: number) =>
    aService(name, { container: { ports: [{ target: 80, published, protocol: 'tcp' }] } })
  const asWanted: Fate = ({ container }) => ({ ports: container.ports.map(describePort) })

  it('gives ports up all at once where services are to have those of each other', () => {
    const services = (...ports: number[]) =>
      ['a', 'b', 'c'].map((name, index) => publishing(name, ports[index] ?? 0))
    const simulation = deployed(aStack('web', services(8080, 8081, 8082)), asWanted)
    simulation.commit(sha(2), aStack('web', services(8081, 8082, 8080)))
    expect(simulation.settle().map(lines)).toEqual([
      ['remove a.1', 'remove b.1', 'remove c.1'],
      ['run a.1', 'run b.1', 'run c.1'],
    ])
    expect(simulation.record()?.outcome).toBe('converged')
  })

  describe('that is to be given up', () => {
    const at = (published: number, hostIp?: string) => ({
      ...{ target: 80, published, protocol: 'tcp' as const },
      ...(hostIp !== undefined && { hostIp }),
    })
    const having = (
      name: string,
      ports: ServiceSpec['container']['ports'],
      { version = '1', ...rest }: Parameters<typeof aService>[1] & { version?: string } = {},
    ) => aService(name, { ...rest, container: { ports, environment: { V: version } } })
    /** From one commit to the next, what was let go. */
    const fromTo = (before: ServiceSpec[], after: ServiceSpec[], fate: Fate = asWanted, hosts = ['a']) => {
      const simulation = simulate({ hosts, fate })
      simulation.commit(sha(1), aStack('web', before))
      simulation.settle()
      simulation.commit(sha(2), aStack('web', after))
      return { log: simulation.settle().map(lines), simulation }
    }

    it('is not the same one at another address', () => {
      const both = (version: string) => [
        having('a', [at(8080, '127.0.0.1')], { version, replicas: 2 }),
        having('b', [at(8080, '10.0.0.1')], { version, replicas: 2 }),
      ]
      expect(fromTo(both('1'), both('2')).log).toEqual([
        ['replace a.1', 'replace b.1'],
        ['replace a.2', 'replace b.2'],
      ])
    })

    it('is not one of a range that its service keeps', () => {
      const range = [{ ...at(8000), publishedEnd: 8010 }]
      const dependsOn = [{ service: 'b', condition: 'started' as const }]
      const both = (version: string) => [
        having('a', range, { version, dependsOn }),
        having('b', range, { version }),
      ]
      const picked: Fate = ({ service }) => ({ ports: [service === 'a' ? '8000->80/tcp' : '8001->80/tcp'] })
      expect(fromTo(both('1'), both('2'), picked).log).toEqual([['replace b.1'], ['replace a.1']])
    })

    it('is waited for also by who has to be there before its holder', () => {
      const dependsOn = [{ service: 'proxy', condition: 'started' as const }]
      const after = [having('proxy', [at(80)]), having('b', [], { dependsOn })]
      expect(fromTo([having('b', [at(80)])], after).log).toEqual([
        ['remove b.1'],
        ['run proxy.1'],
        ['run b.1'],
      ])
    })

    it('leaves alone who could not go on anyway', () => {
      const dependsOn = [{ service: 'db', condition: 'healthy' as const }]
      const all = (a: number, b: number, version: string) => [
        having('db', [], { version }),
        having('a', [at(a)], { dependsOn }),
        having('b', [at(b)], { dependsOn }),
      ]
      const noDb: Fate = (task) => ({
        ...asWanted(task),
        ...(task.service === 'db' && task.container.environment.V === '2' && { health: 'starting' }),
      })
      const { log, simulation } = fromTo(all(80, 81, '1'), all(81, 80, '2'), noDb)
      expect(log).toEqual([['replace db.1'], ['replace db.1']])
      expect(simulation.record()?.outcome).toBe('rolledBack')
    })

    it('stops no more than those who hold it, on the host where it is wanted', () => {
      const both = (a: number, b: number) => [having('a', [at(a)], { mode: 'global' }), having('b', [at(b)])]
      expect(fromTo(both(80, 81), both(81, 80), asWanted, ['h1', 'h2']).log).toEqual([
        ['remove a.h1', 'remove b.1'],
        ['run a.h1', 'run b.1'],
        ['replace a.h2'],
      ])
    })

    it('is waited for as long as its holder is in the delay between two batches', () => {
      const update = { delay: 600_000 }
      const both = (a: number, b: number) => [
        having('a', [at(a)], { replicas: 2, update }),
        having('b', [at(b)]),
      ]
      const { log, simulation } = fromTo(both(80, 81), both(82, 80))
      expect(log).toEqual([['replace a.1'], ['replace a.2'], ['replace b.1']])
      expect(simulation.record()?.outcome).toBe('converged')
    })
  })

  describe('for another stack', () => {
    interface Neighbour extends Simulation {
      revise(revision: string, ...services: ServiceSpec[]): void
    }
    /** Two stacks on one host, of which each can wait for the other; both are deployed as given. */
    const neighbours = (...first: [left: ServiceSpec, right: ServiceSpec]) => {
      const fleet = new Map<string, TaskStatus[]>([['a', []]])
      const wanted = new Map<string, StackSpec | null>()
      const stacks = first.map((service, index) => {
        const name = ['left', 'right'][index] ?? ''
        const simulation = simulate({ fleet, fate: asWanted, wantedOf: (stack) => wanted.get(stack) })
        const commit = (revision: string, ...services: ServiceSpec[]) => {
          const spec = services.length === 0 ? null : aStack(name, services)
          wanted.set(name, spec)
          simulation.commit(revision, spec ?? 'removed')
        }
        commit(sha(1), service)
        simulation.settle()
        return { ...simulation, revise: commit }
      })
      return stacks as [Neighbour, Neighbour]
    }
    const publishing = (name: string, published: number, rest: Parameters<typeof aService>[1] = {}) =>
      aService(name, { ...rest, container: { ports: [{ target: 80, published, protocol: 'tcp' }] } })

    it('takes a port only when that one has given it up, whoever has its turn first', () => {
      const [left, right] = neighbours(publishing('old', 80), publishing('new', 81))
      left.revise(sha(2), publishing('old', 82))
      right.revise(sha(2), publishing('new', 80))
      expect(right.turn()).toEqual([])
      expect(right.record()?.message).toMatch(/waits for port 80\/tcp of a, which left\/old has not given up/)
      expect(left.settle().map(lines)).toEqual([['replace old.1']])
      expect(right.settle().map(lines)).toEqual([['replace new.1']])
      expect(outcomes(right)).toEqual(['converged', 'converged'])
    })

    it('takes the port of a stack that goes', () => {
      const [left, right] = neighbours(publishing('old', 80), publishing('new', 81))
      left.revise(sha(2))
      right.revise(sha(2), publishing('new', 80))
      expect(right.turn()).toEqual([])
      left.turn()
      expect(right.settle().map(lines)).toEqual([['replace new.1']])
    })

    it('swaps ports: what is in the way of both is stopped', () => {
      const [left, right] = neighbours(publishing('a', 80), publishing('b', 81))
      left.revise(sha(2), publishing('a', 81))
      right.revise(sha(2), publishing('b', 80))
      expect(lines(left.turn())).toEqual(['remove a.1'])
      expect(right.settle().map(lines)).toEqual([['replace b.1']])
      expect(left.settle().map(lines)).toEqual([['run a.1']])
      expect([left.record()?.outcome, right.record()?.outcome]).toEqual(['converged', 'converged'])
    })

    it('looks again without being woken', () => {
      const [left, right] = neighbours(publishing('old', 80), publishing('new', 81))
      left.revise(sha(2), publishing('old', 82))
      right.revise(sha(2), publishing('new', 80))
      right.turn()
      expect(right.wakeAt()?.getTime()).toBe(right.now().getTime() + 1000)
    })

    it('is refused what that one keeps, at once: that is no port on its way', () => {
      const [, right] = neighbours(publishing('old', 80), publishing('new', 81))
      right.revise(sha(2), publishing('new', 80))
      expect(lines(right.turn())).toEqual(['replace new.1'])
    })

    it('goes back when that one does not give it up within the deadline', () => {
      const [left, right] = neighbours(publishing('old', 80), publishing('new', 81))
      left.revise(sha(2), publishing('old', 82))
      right.revise(sha(2), publishing('new', 80))
      right.turn()
      right.pass(121_000)
      right.settle()
      const [, forward] = right.record()?.history ?? []
      expect(forward).toMatchObject({
        outcome: 'rolledBack',
        failure: { message: 'It waited 2m for port 80/tcp of a, which left/old has not given up.' },
      })
    })
  })

  describe('for a subnet', () => {
    const network = (key: string, subnet: string, rest: Partial<NetworkSpec> = {}): NetworkSpec => ({
      ...{ name: `web_${key}`, internal: false, external: false, subnet },
      ...rest,
    })
    /** Services, each in a network of its own, on a host that tells of their subnets. */
    const inNetworks = (...networks: [service: string, network: NetworkSpec][]): StackSpec => ({
      ...aStack(
        'web',
        networks.map(([name, { name: joined, ...settings }]) =>
          aService(name, {
            replicas: 2,
            container: {
              networks: [{ network: joined, aliases: [] }],
              labels: { settings: JSON.stringify(settings) },
            },
          }),
        ),
      ),
      networks: networks.map(([, one]) => one),
    })
    const fromTo = (before: StackSpec, after: StackSpec) => {
      const subnetsIn =
        (spec: StackSpec): Fate =>
        ({ container }) => ({
          subnets: Object.fromEntries(
            spec.networks
              .filter(({ name }) => container.networks.some((one) => one.network === name))
              .map((one) => [networkKey(one), [one.subnet ?? '']]),
          ),
        })
      let spec = before
      const simulation = simulate({ fate: (task) => subnetsIn(spec)(task) })
      simulation.commit(sha(1), before)
      simulation.settle()
      spec = after
      simulation.commit(sha(2), after)
      const log = simulation.settle().map(lines)
      expect(simulation.record()?.outcome).toBe('converged')
      return log
    }

    it.each([
      ['a network gets another name', network('n', '10.8.0.0/24'), network('other', '10.8.0.0/24')],
      ['it grows', network('n', '10.8.0.0/24'), network('n', '10.8.0.0/16')],
      [
        'something else of the network changes',
        network('n', '10.8.0.0/24'),
        network('n', '10.8.0.0/24', { mtu: 1400 }),
      ],
    ])('stops all who are in it when %s, then starts them', (_, before, after) => {
      expect(fromTo(inNetworks(['app', before]), inNetworks(['app', after]))).toEqual([
        ['remove app.1', 'remove app.2'],
        ['run app.1', 'run app.2'],
      ])
    })

    it('swaps those of two networks', () => {
      const [one, two] = ['10.8.0.0/24', '10.9.0.0/24']
      const before = inNetworks(['a', network('n', one)], ['b', network('m', two)])
      const after = inNetworks(['a', network('n', two)], ['b', network('m', one)])
      expect(fromTo(before, after)).toEqual([
        ['remove a.1', 'remove a.2', 'remove b.1', 'remove b.2'],
        ['run a.1', 'run a.2', 'run b.1', 'run b.2'],
      ])
    })

    it('takes one that a service has which goes', () => {
      const before = inNetworks(['old', network('n', '10.8.0.0/24')])
      const after = inNetworks(['new', network('m', '10.8.0.0/24')])
      expect(fromTo(before, after)).toEqual([
        ['remove old.1', 'remove old.2'],
        ['run new.1', 'run new.2'],
      ])
    })

    it('rolls batch by batch where a network moves to another subnet', () => {
      const before = inNetworks(['app', network('n', '10.8.0.0/24')])
      const after = inNetworks(['app', network('n', '10.9.0.0/24')])
      expect(fromTo(before, after)).toEqual([['replace app.1'], ['replace app.2']])
    })
  })

  it('does not wait for what tasks of other hosts have', () => {
    const simulation = simulate({ hosts: ['a', 'b'], fate: asWanted })
    simulation.commit(sha(1), aStack('web', [publishing('old', 8080)]))
    simulation.settle()
    simulation.silence('a')
    simulation.commit(sha(2), aStack('web', [publishing('new', 8080)]))
    expect(simulation.settle().map(lines)).toEqual([['run new.1']])
  })

  it('for a host tells which, and goes on when it reports', () => {
    const simulation = deployed(version('1'))
    simulation.silence('a')
    simulation.commit(sha(2), version('2'))
    simulation.settle()
    expect(simulation.record()).toMatchObject({
      outcome: 'rolling',
      message: expect.stringContaining('host a, which may still run it, does not report'),
    })
  })
})

describe('a rollback by hand', () => {
  it('calls the revision as the history does, although a commit that did not touch the stack came after it', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), version('1'))
    simulation.settle()
    simulation.commit(sha(3), version('3'))
    simulation.settle()
    simulation.rollBack(sha(2))
    simulation.settle()
    expect(simulation.record()?.history.map(({ revision }) => revision)).toEqual([sha(1), sha(3), sha(1)])
    expect(simulation.record()).toMatchObject({ outcome: 'rolledBack', healthy: { revision: sha(1) } })
  })

  it('moves in batches as any other change: nothing has failed that would make it urgent', () => {
    const simulation = deployed(version('1'))
    simulation.commit(sha(2), version('2'))
    simulation.settle()
    simulation.rollBack(sha(1))
    expect(simulation.settle().map((release) => release.length)).toEqual([1, 1, 1])
    expect(simulation.record()).toMatchObject({
      outcome: 'rolledBack',
      healthy: { revision: sha(1) },
      bad: { revision: sha(2) },
    })
  })
})
