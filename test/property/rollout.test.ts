import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { isServing } from '../../schemas/task.ts'
import { aService, aStack, sha } from '../support/builders.ts'
import { type Fate, simulate } from '../support/simulation.ts'

/** Services a, b, c with random size, content and update settings; b may depend on a, c on b. */
const stacks: fc.Arbitrary<StackSpec> = fc
  .tuple(service('a'), service('b', 'a'), service('c', 'b'), fc.subarray(['a', 'b', 'c'], { minLength: 1 }))
  .map(([a, b, c, kept]) =>
    aStack(
      'web',
      [a, b, c].filter(({ name }) => kept.includes(name)).map((spec) => withoutDangling(spec, kept)),
    ),
  )

function service(name: string, dependency?: string): fc.Arbitrary<ServiceSpec> {
  return fc
    .record({
      replicas: fc.integer({ min: 0, max: 4 }),
      version: fc.integer({ min: 1, max: 3 }),
      parallelism: fc.integer({ min: 0, max: 3 }),
      order: fc.constantFrom('stop-first' as const, 'start-first' as const),
      mode: fc.constantFrom('replicated' as const, 'replicated' as const, 'global' as const),
      depends: fc.boolean(),
    })
    .map(({ replicas, version, parallelism, order, mode, depends }) =>
      aService(name, {
        replicas,
        mode,
        update: { parallelism, order },
        dependsOn: dependency !== undefined && depends ? [{ service: dependency, condition: 'started' }] : [],
        container: { environment: { NAME: name, V: String(version) } },
      }),
    )
}

function withoutDangling(spec: ServiceSpec, kept: string[]): ServiceSpec {
  return { ...spec, dependsOn: spec.dependsOn.filter((dependency) => kept.includes(dependency.service)) }
}

const healthy: Fate = () => ({})
const failing =
  (version: string): Fate =>
  (task) =>
    task.container.environment.V === version ? { state: 'failed', failures: 1, exitCode: 1 } : {}
const hostNames: fc.Arbitrary<string[]> = fc.constantFrom<string[]>(['a'], ['a', 'b'], ['a', 'b', 'c'])

describe('laws of planner and rollout, for any sequence of commits', () => {
  it('converges on the last commit, and then plans nothing (law 2)', () => {
    fc.assert(
      fc.property(
        hostNames,
        fc.array(stacks, { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        (hosts, commits, turnsBetween) => {
          const simulation = simulate({ hosts, fate: healthy })
          for (const [n, spec] of commits.entries()) {
            simulation.commit(sha(n), spec)
            for (let i = 0; i < turnsBetween; i++) simulation.turn()
          }
          simulation.settle()
          const last = commits.at(-1) as StackSpec
          expect(simulation.record()?.outcome).toBe('converged')
          expect(shape(simulation.tasks())).toEqual(wantedShape(last, hosts))
          expect(simulation.settle()).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })

  it('never has more slots of a service down than it may move at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 3 }), (replicas, parallelism) => {
        const version = (v: string) =>
          aStack('web', [
            aService('app', { replicas, update: { parallelism }, container: { environment: { V: v } } }),
          ])
        const simulation = simulate({
          fate: (task) => (task.container.environment.V === '2' ? { health: 'starting' } : {}),
        })
        simulation.commit(sha(1), version('1'))
        simulation.settle()
        simulation.observe((tasks) =>
          expect(tasks.filter(isServing).length).toBeGreaterThanOrEqual(replicas - parallelism),
        )
        simulation.commit(sha(2), version('2'))
        for (let i = 0; i < 5; i++) simulation.turn()
      }),
    )
  })

  it('ends every failing commit on the content of the last healthy one, and remembers it', () => {
    fc.assert(
      fc.property(hostNames, stacks, stacks, (hosts, good, next) => {
        const first = onlyVersion(good, '1')
        const bad = onlyVersion(next, '9')
        const simulation = simulate({ hosts, fate: failing('9') })
        simulation.commit(sha(1), first)
        simulation.settle()
        simulation.commit(sha(2), bad)
        simulation.settle()
        const runs = wantedShape(bad, hosts).length > 0
        const wanted = runs ? first : bad
        expect(shape(simulation.tasks())).toEqual(wantedShape(wanted, hosts))
        expect(simulation.record()?.outcome).toBe(runs ? 'rolledBack' : 'converged')
        expect(simulation.settle()).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('asks nothing of a host that fell silent', () => {
    fc.assert(
      fc.property(stacks, stacks, (before, after) => {
        const simulation = simulate({ hosts: ['a', 'b'], fate: healthy })
        simulation.commit(sha(1), before)
        simulation.settle()
        simulation.silence('b')
        simulation.commit(sha(2), after)
        expect(
          simulation
            .settle()
            .flat()
            .map((change) => change.host),
        ).not.toContain('b')
      }),
    )
  })
})

function onlyVersion(stack: StackSpec, version: string): StackSpec {
  const services = stack.services.map((spec) =>
    aService(spec.name, {
      ...spec,
      container: { environment: { NAME: spec.name, V: version } },
      fingerprint: `${spec.name}-${version}`,
    }),
  )
  return aStack('web', services)
}

function shape(tasks: { service: string; fingerprint: string; slot: number; host: string }[]): string[] {
  return tasks.map((task) => `${task.service} ${task.fingerprint}`).sort()
}

function wantedShape(stack: StackSpec, hosts: string[]): string[] {
  return stack.services
    .flatMap((spec) =>
      Array.from(
        { length: spec.mode === 'global' ? hosts.length : spec.replicas },
        () => `${spec.name} ${spec.fingerprint}`,
      ),
    )
    .sort()
}
