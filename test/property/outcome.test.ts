import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wantedRevision } from '../../controller/rollout/accept.ts'
import type { StackRecord } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { restartsOf, TASK_STATES, type TaskState, type TaskStatus } from '../../schemas/task.ts'
import { aService, aStack, sha } from '../support/builders.ts'
import { type Simulation, simulate } from '../support/simulation.ts'

const HOSTS = ['a', 'b']

/** What may happen to a stack between two turns. */
type Happening =
  | { kind: 'commit'; spec: StackSpec }
  | { kind: 'task'; nth: number; as: Partial<TaskStatus> }
  | { kind: 'lost'; nth: number }
  | { kind: 'silent'; host: string }
  | { kind: 'time'; ms: number }

const states = Object.keys(TASK_STATES).filter((state) => state !== 'removed') as TaskState[]
const asSeen: fc.Arbitrary<Partial<TaskStatus>> = fc.record({
  state: fc.constantFrom(...states),
  health: fc.constantFrom('none', 'starting', 'healthy', 'unhealthy'),
  failures: fc.integer({ min: 0, max: 1 }),
  run: fc.integer({ min: 1, max: 4 }),
})

/** Few contents and several policies: commits that leave what runs unchanged are as frequent as those that do not. */
const services: fc.Arbitrary<ServiceSpec> = fc
  .record({
    name: fc.constantFrom('app', 'db'),
    replicas: fc.integer({ min: 1, max: 3 }),
    version: fc.integer({ min: 1, max: 2 }),
    global: fc.boolean(),
    deadline: fc.constantFrom(60_000, 120_000),
    failureAction: fc.constantFrom('rollback' as const, 'pause' as const, 'continue' as const),
    maxFailureRatio: fc.constantFrom(0, 0.5),
  })
  .map(({ name, replicas, version, global, ...update }) =>
    aService(name, {
      replicas,
      mode: global ? 'global' : 'replicated',
      update,
      container: { environment: { NAME: name, V: String(version) } },
    }),
  )
const commits = fc
  .uniqueArray(services, { minLength: 1, maxLength: 2, selector: ({ name }) => name })
  .map((some): Happening => ({ kind: 'commit', spec: aStack('web', some) }))

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: commits },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('task' as const), nth: fc.nat(5), as: asSeen }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lost' as const), nth: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('silent' as const), host: fc.constantFrom(...HOSTS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.constantFrom(1_000, 10_000, 100_000),
    }),
  },
)

describe('the outcome of a stack, whatever becomes of its tasks', () => {
  it('is converged only where every slot that is wanted serves what was accepted, and there is one in the end (law 8)', () => {
    fc.assert(
      fc.property(fc.array(happenings, { minLength: 1, maxLength: 12 }), (course) => {
        const simulation = simulate({ hosts: HOSTS })
        for (const [n, happening] of course.entries()) {
          happen(simulation, happening, n)
          const seen = simulation.tasks()
          const before = simulation.record()
          simulation.turn()
          expectTruth(simulation, seen)
          expectProof(simulation, { before, seen })
        }
        simulation.observe(() => expectTruth(simulation, simulation.tasks()))
        simulation.settle()
        if (course.some(({ kind }) => kind === 'silent')) return // a host is waited for until it reports
        expect(simulation.record()?.rollout?.phase).not.toBe('rolling')
      }),
      { numRuns: 1000 },
    )
  })
})

function happen(simulation: Simulation, happening: Happening, n: number): void {
  const tasks = simulation.tasks()
  if (happening.kind === 'commit') simulation.commit(sha(n), happening.spec)
  if (happening.kind === 'time') simulation.pass(happening.ms)
  if (happening.kind === 'silent') simulation.silence(happening.host)
  const task = 'nth' in happening ? tasks[happening.nth % tasks.length] : undefined
  if (happening.kind === 'task' && task)
    Object.assign(task, happening.as, { since: simulation.now().toISOString() })
  if (happening.kind === 'lost' && task) simulation.lose(task.id)
}

/** `converged` means: at each slot of the accepted spec a task of that spec serves, or has ended well. */
function expectTruth(simulation: Simulation, seen: TaskStatus[]): void {
  const record = simulation.record()
  if (record?.outcome !== 'converged') return
  expect(record.accepted?.spec.digest).toBe(wantedRevision(record)?.spec.digest)
  const unserved = (record.accepted?.spec.services ?? []).flatMap((service) =>
    slots(service).filter((slot) => !seen.some((task) => isIn(task, service, slot) && isWell(task))),
  )
  expect(unserved).toEqual([])
}

/** A stack becomes `converged`, or healthy, only when each task that was started again has served for `monitor`. */
function expectProof(
  simulation: Simulation,
  { before, seen }: { before: StackRecord | undefined; seen: TaskStatus[] },
): void {
  const record = simulation.record()
  if (record?.outcome !== 'converged' || before?.outcome === 'converged') return
  const rests = before?.rollout === null && before.accepted?.spec.digest === record.accepted?.spec.digest
  const fresh = (record.accepted?.spec.services ?? []).flatMap((service) =>
    seen.filter(
      (task) =>
        slots(service).some((slot) => isIn(task, service, slot)) &&
        task.state === 'running' &&
        (rests || restartsOf(task) > 0) &&
        Date.parse(task.since) + service.update.monitor > simulation.now().getTime(),
    ),
  )
  expect(fresh).toEqual([])
}

function isWell({ state, health }: TaskStatus): boolean {
  return state === 'complete' || (state === 'running' && ['none', 'healthy'].includes(health))
}

function slots({ mode, replicas }: ServiceSpec): string[] {
  return mode === 'global' ? HOSTS : Array.from({ length: replicas }, (_, i) => String(i + 1))
}

function isIn(task: TaskStatus, { name, mode, fingerprint }: ServiceSpec, slot: string): boolean {
  const place = mode === 'global' ? task.host : String(task.slot)
  return task.service === name && task.fingerprint === fingerprint && place === slot
}
