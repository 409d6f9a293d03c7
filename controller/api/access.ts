import type { ErrorFacts } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import type {
  CopyRequest,
  ExecRequest,
  LogsRequest,
  ProcessLine,
  TopRequest,
} from '../../schemas/session/request.ts'
import type { LogPiece } from '../../schemas/status.ts'

/** Which logs, and how much of them. `target`: `SERVICE`, `SERVICE.SLOT` or a task's id; absent: the whole stack. */
export interface LogsQuery extends Omit<LogsRequest, 'kind' | 'service' | 'taskId'> {
  target?: string
}

/** A request whose task is named apart from it. */
export type TargetedRequest =
  | Omit<ExecRequest, 'taskId'>
  | Omit<CopyRequest, 'taskId'>
  | Omit<TopRequest, 'taskId'>

/** `GET /v1/processes?task=…` */
export interface ProcessesDocument {
  taskId: string
  host: string
  processes: ProcessLine[]
}

/** `GET /v1/processes?stack=…`: those of its running tasks. */
export interface StackProcessesDocument {
  stack: string
  tasks: (ProcessesDocument & InSlot)[]
  /** The tasks that could not be asked. */
  missing: ({ taskId: string; host: string; error: ErrorFacts } & InSlot)[]
}

interface InSlot {
  service: string
  slot: number
}

/** What reaches into tasks. `name` is a task's id or the beginning of one, `STACK/SERVICE` or `STACK/SERVICE.SLOT`. */
export interface Access {
  /**
   * Log lines, those that there are in the order of time; with `follow` until `signal` aborts.
   * @throws SetpointError STACK_NOT_FOUND, SESSION_LOST when no host that has them reports
   */
  logs(query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogPiece>
  /** @throws SetpointError TASK_NOT_FOUND, SESSION_LOST, what the host says */
  openSession(name: string, request: TargetedRequest): Promise<Channel>
  /** @throws as `openSession` */
  processes(name: string): Promise<ProcessesDocument>
  /** @throws SetpointError STACK_NOT_FOUND */
  stackProcesses(stack: string): Promise<StackProcessesDocument>
}
