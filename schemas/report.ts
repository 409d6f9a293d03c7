import type { ErrorFacts } from './error.ts'
import { closed } from './parts.ts'
import { RECIPIENT } from './sealing/seal.ts'
import { TaskStatus } from './task.ts'
import Type, { type Static } from './type.ts'
import { Usage } from './usage.ts'

export type HostInfo = Static<typeof HostInfo>
export const HostInfo = Type.Object(
  {
    name: Type.String(),
    labels: Type.Record(Type.String(), Type.String()),
    availability: Type.Union([Type.Literal('active'), Type.Literal('pause'), Type.Literal('drain')]),
    resources: Type.Object({ cpus: Type.Number(), memory: Type.Number() }, closed),
    /** `crun` or `runc`, and the cgroup mode it was chosen for. */
    runtime: Type.String(),
    version: Type.String(),
    /** The recipient of the host's own key: what secrets and sessions for it are sealed to. Absent from older agents. */
    recipient: Type.Optional(Type.String({ pattern: RECIPIENT })),
  },
  closed,
)

/** A container with Setpoint's label that no journal of the agent knows. */
export type Stray = Static<typeof Stray>
export const Stray = Type.Object(
  {
    containerId: Type.String(),
    /** 0 when it is stopped. */
    pid: Type.Integer(),
    /** ISO time at which it was first seen. */
    since: Type.String(),
  },
  closed,
)

/**
 * All that an agent sees on its host. `boot` names one life of the agent and `sequence` counts its observations:
 * of two snapshots with the same boot the higher sequence is the later one; a new boot is later than an old one.
 */
export type Snapshot = Static<typeof Snapshot>
export const Snapshot = Type.Object(
  {
    host: HostInfo,
    boot: Type.String(),
    sequence: Type.Integer(),
    at: Type.String(),
    tasks: Type.Array(TaskStatus),
    strays: Type.Array(Stray),
    /** What the running tasks use, by id. */
    usage: Type.Optional(Type.Record(Type.String(), Usage)),
  },
  closed,
)

const from = { host: Type.String(), boot: Type.String(), sequence: Type.Integer(), at: Type.String() }

/** One entry of the report stream. */
export type Report = Static<typeof Report>
export const Report = Type.Union([
  /** The tasks that changed, and the ids of those that are gone. */
  Type.Object(
    { kind: Type.Literal('delta'), ...from, tasks: Type.Array(TaskStatus), gone: Type.Array(Type.String()) },
    closed,
  ),
  /** The snapshot under the host's key is new as a whole: read it. */
  Type.Object({ kind: Type.Literal('snapshot'), ...from }, closed),
  /** What came of a job. */
  Type.Object(
    {
      kind: Type.Literal('outcome'),
      ...from,
      jobId: Type.String(),
      ok: Type.Boolean(),
      error: Type.Optional(
        Type.Object(
          {
            code: Type.String(),
            message: Type.String(),
            hint: Type.Optional(Type.String()),
            /** True: no job for this action will be taken, whenever it comes. */
            final: Type.Optional(Type.Boolean()),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
])

/** Why a job was not done. */
export type JobError = ErrorFacts & { final?: boolean }

export type ReportOf<K extends Report['kind']> = Extract<Report, { kind: K }>
