import type { Action } from '../../schemas/action.ts'

export interface Order {
  host: string
  action: Action
  /** ISO time after which the agent must not begin it. */
  deadline: string
}

/** Carries actions to hosts. An order that is already under way (same host, same action) is not queued twice. */
export interface Queue {
  /** Signs and enqueues all orders, one queue a host. */
  add(orders: Order[]): Promise<void>
  /** Takes back what no agent has begun of a stack: a newer commit supersedes it. */
  withdraw(stack: string): Promise<void>
  /** Removes all that waits for a host, and its queue. @throws SetpointError REDIS_UNREACHABLE, NOT_LEADER */
  forget(host: string): Promise<void>
  close(): Promise<void>
}
