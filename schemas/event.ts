/** Something that has happened, as `setpoint events` tells it. */
export interface Event {
  /** ISO time at which the controller saw it. */
  at: string
  type: 'host' | 'source' | 'stack' | 'task' | 'drift' | 'volume'
  /** PascalCase, for machines. */
  reason: string
  /** For people. */
  message: string
  stack?: string
  service?: string
  slot?: number
  taskId?: string
  host?: string
}
