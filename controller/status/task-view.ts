import type { TaskEnd, TaskView } from '../../schemas/status.ts'
import { restartsOf, type TaskStatus } from '../../schemas/task.ts'

/** A task as the status shows it. */
export function taskView(task: TaskStatus): TaskView {
  return {
    id: task.id,
    slot: task.slot,
    host: task.host,
    state: task.state,
    health: task.health,
    pid: task.pid ?? null,
    addresses: [...Object.values(task.addresses), ...Object.values(task.addresses6 ?? {})],
    ports: task.ports ?? [],
    startedAt: task.startedAt ?? null,
    exitCode: task.exitCode ?? null,
    revision: task.revision,
    restarts: restartsOf(task),
    renewals: task.renewals ?? 0,
    restartAt: task.restartAt ?? null,
    ended: endOf(task),
    probes: task.probes ?? (task.lastProbe ? [task.lastProbe] : []),
    message: task.message ?? null,
    error: task.error === undefined ? null : (task.error as NonNullable<TaskView['error']>),
  }
}

function endOf({ exitCode, endedAt, signal, oomKilled, logTail }: TaskStatus): TaskEnd | null {
  if (exitCode === undefined || endedAt === undefined) return null
  return { exitCode, signal: signal ?? null, oomKilled: oomKilled ?? false, at: endedAt, log: logTail ?? [] }
}
