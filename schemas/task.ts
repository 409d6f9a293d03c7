import { ContainerSpec } from './container.ts'
import { NetworkSpec } from './network.ts'
import { closed } from './parts.ts'
import Type, { type Static, type TLiteral, type TUnion } from './type.ts'
import { VolumeSpec } from './volume.ts'

/**
 * The states of a task, in order. Within one run of a task the number only grows, so of two observations the
 * greater is the later one (SwarmKit's lamport clock); the gaps leave room. Before `starting` a failure is
 * `rejected`, from there on `failed`.
 */
export const TASK_STATES = {
  assigned: 100,
  preparing: 200,
  ready: 300,
  starting: 400,
  running: 500,
  complete: 600,
  failed: 700,
  rejected: 800,
  removed: 900,
} as const

export type TaskState = keyof typeof TASK_STATES

type Literals<T extends readonly string[]> = { -readonly [K in keyof T]: TLiteral<T[K]> }

/** One of the values. The cast keeps the tuple that `map` loses; without it the type would be `never`. */
const literals = <const T extends readonly string[]>(...values: T) =>
  Type.Union(values.map((value) => Type.Literal(value))) as unknown as TUnion<Literals<T>>

/** True when nothing more happens to a task in this state by itself. */
export function isTerminal(state: TaskState): boolean {
  return TASK_STATES[state] >= TASK_STATES.complete
}

/** A container of a service in a slot on one host: all that an agent needs to run it, with nobody to ask. */
export type Task = Static<typeof Task>
export const Task = Type.Object(
  {
    id: Type.String(),
    stack: Type.String(),
    service: Type.String(),
    /** 1..replicas; for a global service 1 on every host. */
    slot: Type.Integer({ minimum: 1 }),
    host: Type.String(),
    /** The revision that first wanted this task. */
    revision: Type.String(),
    fingerprint: Type.String(),
    container: ContainerSpec,
    /** The networks and volumes that `container` names. */
    networks: Type.Array(NetworkSpec),
    volumes: Type.Array(VolumeSpec),
  },
  closed,
)

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy'

export type Probe = Static<typeof Probe>
export const Probe = Type.Object(
  { exitCode: Type.Integer(), output: Type.String(), at: Type.String() },
  closed,
)

/** What can be read back of a task from the kernel, and compared field by field with what was set up. */
export type TaskFacts = Static<typeof TaskFacts>
export const TaskFacts = Type.Object(
  {
    running: Type.Boolean(),
    argv: Type.Array(Type.String()),
    /** The image's id. */
    image: Type.String(),
    /** cgroup limits: bytes, cores, processes; null is unlimited. */
    memory: Type.Union([Type.Number(), Type.Null()]),
    cpus: Type.Union([Type.Number(), Type.Null()]),
    pids: Type.Union([Type.Number(), Type.Null()]),
    /** The other limits that the service sets, `file=line` of the cgroup, sorted; absent when it sets none. */
    limits: Type.Optional(Type.Array(Type.String())),
    /** `target=source[:ro]`, sorted. */
    mounts: Type.Array(Type.String()),
    /** `network=address`, sorted. */
    addresses: Type.Array(Type.String()),
    /** `[hostIp:]published->target/protocol`, sorted: the forwardings that lead to this task. */
    ports: Type.Array(Type.String()),
  },
  closed,
)

export type TaskStatus = Static<typeof TaskStatus>
export const TaskStatus = Type.Object(
  {
    id: Type.String(),
    stack: Type.String(),
    service: Type.String(),
    slot: Type.Integer(),
    host: Type.String(),
    revision: Type.String(),
    fingerprint: Type.String(),
    /** Which run of the task this is: 1 at first, one more for each restart. */
    run: Type.Integer({ minimum: 1 }),
    state: literals(
      'assigned',
      'preparing',
      'ready',
      'starting',
      'running',
      'complete',
      'failed',
      'rejected',
      'removed',
    ),
    /** ISO time at which `state` was reached. */
    since: Type.String(),
    health: literals('none', 'starting', 'healthy', 'unhealthy'),
    /** How many runs of this task have failed. */
    failures: Type.Integer(),
    /** How many of its runs the agent itself began anew (a repair, a reboot, another owner of what it shares): no restarts. */
    renewals: Type.Optional(Type.Integer()),
    /** ISO time at which the agent starts the next run, when one is due. */
    restartAt: Type.Optional(Type.String()),
    pid: Type.Optional(Type.Integer()),
    /** Network name to IPv4 address. */
    addresses: Type.Record(Type.String(), Type.String()),
    /** Network name to IPv6 address; absent when there is none. */
    addresses6: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** The subnets on the host that the task keeps there, by the key of their network; absent when there are none. */
    subnets: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
    /** What the task waits for while it is `preparing`: how far the pull of its image has come. */
    message: Type.Optional(Type.String()),
    /** `[hostIp:]published->target/protocol`, sorted: with the ports that the host's agent has picked; absent when there are none. */
    ports: Type.Optional(Type.Array(Type.String())),
    startedAt: Type.Optional(Type.String()),
    /** The exit code of the last run that ended, and the ISO time of its end. */
    exitCode: Type.Optional(Type.Integer()),
    endedAt: Type.Optional(Type.String()),
    /** The signal that its exit code stands for: 137 is SIGKILL. */
    signal: Type.Optional(Type.String()),
    oomKilled: Type.Optional(Type.Boolean()),
    /** Why the last run failed, or why the task was rejected. */
    error: Type.Optional(
      Type.Object(
        { code: Type.String(), message: Type.String(), hint: Type.Optional(Type.String()) },
        closed,
      ),
    ),
    /** The latest probes of this run, the newest last: told when the health changes or a failing probe says something new. */
    probes: Type.Optional(Type.Array(Probe)),
    /** What earlier agents told in place of `probes`: still in their journals and reports, never written. */
    lastProbe: Type.Optional(Probe),
    /** The last lines that the failed run wrote. */
    logTail: Type.Optional(Type.Array(Type.String())),
    /** What was set up, and what is found in the kernel; absent until the task has run. */
    wanted: Type.Optional(TaskFacts),
    found: Type.Optional(TaskFacts),
    /** The fields of these that a start for their sake has not put right: it is not tried again. Absent when there are none. */
    unhealed: Type.Optional(Type.Array(Type.String())),
  },
  closed,
)

/** True when `a` was observed after `b`: a later run, or the same run further on. */
export function isLater(a: Pick<TaskStatus, 'run' | 'state'>, b: Pick<TaskStatus, 'run' | 'state'>): boolean {
  return a.run !== b.run ? a.run > b.run : TASK_STATES[a.state] > TASK_STATES[b.state]
}

/** How often a run has ended by itself, or been rejected, and another one followed. */
export function restartsOf({ run, renewals = 0 }: Pick<TaskStatus, 'run' | 'renewals'>): number {
  return run - 1 - renewals
}

/** What the task was asked last, if it was. */
export function lastProbe({ probes = [], lastProbe: told }: ProbedStatus): Probe | undefined {
  return probes.at(-1) ?? told
}

type ProbedStatus = Pick<TaskStatus, 'probes' | 'lastProbe'>

/** True when a task serves: running, and healthy where it has a healthcheck. */
export function isServing(task: Pick<TaskStatus, 'state' | 'health'>): boolean {
  return task.state === 'running' && (task.health === 'none' || task.health === 'healthy')
}
