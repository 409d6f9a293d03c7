import { closed } from './parts.ts'
import { slotName } from './slot.ts'
import { Task } from './task.ts'
import Type, { type Static } from './type.ts'

/** Start a task in a free slot. */
export const RunAction = Type.Object({ type: Type.Literal('run'), task: Task }, closed)

/** Put a task in the place of others on the same host. The new one is prepared before an old one is touched. */
export const ReplaceAction = Type.Object(
  {
    type: Type.Literal('replace'),
    task: Task,
    /** Ids of the tasks that make room. */
    replaces: Type.Array(Type.String(), { minItems: 1 }),
    order: Type.Union([Type.Literal('stop-first'), Type.Literal('start-first')]),
    /** start-first: how many milliseconds the new task may take to serve before it is given up and the old one stays. */
    healthDeadline: Type.Integer({ minimum: 0 }),
  },
  closed,
)

/** Stop a task with its stop signal and grace period, and remove all of it but its volumes. */
export const RemoveAction = Type.Object(
  { type: Type.Literal('remove'), taskId: Type.String(), stack: Type.String(), reason: Type.String() },
  closed,
)

/** Put the named fields of a running task back to what was set up. */
export const RepairAction = Type.Object(
  {
    type: Type.Literal('repair'),
    taskId: Type.String(),
    stack: Type.String(),
    fields: Type.Array(Type.String()),
  },
  closed,
)

/** Remove a container that carries Setpoint's label but that no journal knows. */
export const RemoveStrayAction = Type.Object(
  { type: Type.Literal('removeStray'), containerId: Type.String() },
  closed,
)

/** Open a live session: logs, a command, a copy, a list of processes. */
export const SessionAction = Type.Object(
  {
    type: Type.Literal('session'),
    sessionId: Type.String({ minLength: 1, maxLength: 64 }),
    /** What it is for: the request itself is sealed. */
    kind: Type.String({ maxLength: 16 }),
    /** A SessionOrder, sealed to the host (age), base64. */
    sealed: Type.String({ maxLength: 2 * 1024 * 1024 }),
  },
  closed,
)

export type Action = Static<typeof Action>
export const Action = Type.Union([
  RunAction,
  ReplaceAction,
  RemoveAction,
  RepairAction,
  RemoveStrayAction,
  SessionAction,
])

export type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>

/** What an action does, in the words used by the CLI, the logs and the history. */
export function describeAction(action: Action): string {
  switch (action.type) {
    case 'run':
      return `start ${slotName(action.task)}`
    case 'replace':
      return `replace ${slotName(action.task)} (${action.order})`
    case 'remove':
      return `remove ${action.taskId}: ${action.reason}`
    case 'repair':
      return `repair ${action.taskId}: ${action.fields.join(', ')}`
    case 'removeStray':
      return `remove stray container ${action.containerId}`
    case 'session':
      return `open session ${action.sessionId} (${action.kind})`
  }
}

/** A key that is the same for an action planned twice and differs for any other: the base of its job id. */
export function actionKey(action: Action): string {
  switch (action.type) {
    case 'run':
    case 'replace':
      return `run-${action.task.id}`
    case 'remove':
      return `remove-${action.taskId}`
    case 'repair':
      return `repair-${action.taskId}-${action.fields.join('-')}`
    case 'removeStray':
      return `stray-${action.containerId}`
    case 'session':
      return `session-${action.sessionId}`
  }
}
