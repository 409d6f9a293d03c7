import { closed } from './parts.ts'
import { StackSpec } from './stack.ts'
import Type, { type Static } from './type.ts'

/** A spec at the revision of the source that declared it. */
export type Revision = Static<typeof Revision>
export const Revision = Type.Object({ revision: Type.String(), spec: StackSpec }, closed)

/** How many earlier healthy revisions a person can go back to. */
export const PREVIOUS_KEPT = 10

export type Outcome = Static<typeof Outcome>
export const Outcome = Type.Union([
  Type.Literal('converged'),
  Type.Literal('rolling'),
  Type.Literal('rolledBack'),
  Type.Literal('degraded'),
  Type.Literal('stalled'),
  Type.Literal('superseded'),
])

/** Why a task, and with it a rollout, failed: enough to know what to fix without logging in to the host. */
export type Failure = Static<typeof Failure>
export const Failure = Type.Object(
  {
    service: Type.String(),
    slot: Type.Integer(),
    taskId: Type.String(),
    host: Type.String(),
    code: Type.String(),
    message: Type.String(),
    exitCode: Type.Optional(Type.Integer()),
    probe: Type.Optional(Type.String()),
    log: Type.Optional(Type.Array(Type.String())),
    at: Type.String(),
  },
  closed,
)

/** Where one service of a rollout stands. */
export type ServiceProgress = Static<typeof ServiceProgress>
export const ServiceProgress = Type.Object(
  {
    /** Slots (`host:slot` for global services) let go in this rollout, with the ISO time. A slot is let go once. */
    released: Type.Record(Type.String(), Type.String()),
    /** ISO time at which the whole batch in flight must serve. */
    deadline: Type.Optional(Type.String()),
    /** ISO time before which no further batch is let go (`delay`). */
    notBefore: Type.Optional(Type.String()),
    failures: Type.Array(Failure),
  },
  closed,
)

/** The move of a stack from one revision to another. */
export type Rollout = Static<typeof Rollout>
export const Rollout = Type.Object(
  {
    /** The history entry that this rollout writes. */
    id: Type.String(),
    direction: Type.Union([Type.Literal('forward'), Type.Literal('back')]),
    from: Type.Union([Type.String(), Type.Null()]),
    to: Revision,
    startedAt: Type.String(),
    services: Type.Record(Type.String(), ServiceProgress),
    /** ISO time since when only dependencies keep the rest from moving, and none of them is on its way. */
    blockedSince: Type.Optional(Type.String()),
    /** `paused` waits for a person or a newer commit. */
    phase: Type.Union([Type.Literal('rolling'), Type.Literal('paused')]),
    /** What made the forward rollout turn back. */
    cause: Type.Optional(Failure),
  },
  closed,
)

/** One line of `setpoint history`: an attempt and what it came to. */
export type HistoryEntry = Static<typeof HistoryEntry>
export const HistoryEntry = Type.Object(
  {
    id: Type.String(),
    revision: Type.String(),
    digest: Type.String(),
    direction: Type.Union([Type.Literal('forward'), Type.Literal('back')]),
    startedAt: Type.String(),
    finishedAt: Type.Optional(Type.String()),
    outcome: Outcome,
    failure: Type.Optional(Failure),
    /** Who asked: `commit`, `image` (what a reference stands for has moved), `rollback` by a person, `automatic`. */
    trigger: Type.String(),
  },
  closed,
)

/** A task that Setpoint has put on a host. Only what stands here may be removed. */
export type InventoryItem = Static<typeof InventoryItem>
export const InventoryItem = Type.Object(
  {
    taskId: Type.String(),
    service: Type.String(),
    slot: Type.Integer(),
    host: Type.String(),
    /** ISO time at which it was asked for. */
    at: Type.String(),
    /** True once its host has reported it. */
    seen: Type.Boolean(),
    /** ISO time at which a person declared its host gone. It is not counted on, and removed where it shows up again. */
    forgotten: Type.Optional(Type.String()),
  },
  closed,
)

/** All that must be remembered of a stack and that cannot be read off Git or the hosts. */
export type StackRecord = Static<typeof StackRecord>
export const StackRecord = Type.Object(
  {
    name: Type.String(),
    source: Type.String(),
    /** The last revision that was valid: what is wanted. Null once the stack was removed from its source. */
    accepted: Type.Union([Revision, Type.Null()]),
    /** The last revision whose tasks all served: where a rollback goes. */
    healthy: Type.Union([Revision, Type.Null()]),
    /** Earlier healthy revisions, newest first, for `setpoint rollback STACK REVISION`. */
    previous: Type.Array(Revision),
    /** The content that must not be tried again until a commit changes it. */
    bad: Type.Union([
      Type.Object(
        { revision: Type.String(), digest: Type.String(), reason: Type.String(), at: Type.String() },
        closed,
      ),
      Type.Null(),
    ]),
    rollout: Type.Union([Rollout, Type.Null()]),
    outcome: Outcome,
    /** One sentence on the outcome. */
    message: Type.String(),
    inventory: Type.Array(InventoryItem),
    history: Type.Array(HistoryEntry),
    /** ISO time since when each condition (`Ready`, …) and each drifted field has been as it is. */
    since: Type.Record(Type.String(), Type.String()),
  },
  closed,
)
