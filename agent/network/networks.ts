import type { PublishedPort } from '../../schemas/network.ts'
import type { Task } from '../../schemas/task.ts'

/** A task's place on the network. It lasts over restarts of the task: addresses change only with the task. */
export interface Attachment {
  /** Path of the task's network namespace; null when it uses the host's. */
  netns: string | null
  /** Network name to IPv4 address. */
  addresses: Record<string, string>
  /** Network name to IPv6 address; absent when there is none. */
  addresses6?: Record<string, string>
  /** The subnets of the bridges that it is on, by the key of their network; absent when there are none. */
  subnets?: Record<string, string[]>
  /** The container's ports with those of the host that were picked. */
  ports: PublishedPort[]
  /** Where the host reaches a task that has joined another one; absent: at its own addresses. */
  reachedAt?: string
  /** Tells the namespace from one that was made anew, also under the same path; absent for the host's. */
  identity?: string
  /** Files to mount in the container. */
  resolvConf: string
  hosts: string
}

/** A task that may be sent traffic. */
export interface Endpoint {
  task: Task
  addresses: Record<string, string>
  /** Network name to IPv6 address, of the networks that have them. */
  addresses6?: Record<string, string> | undefined
}

/** Bridges, addresses, names and published ports of this host. */
export interface Networks {
  /**
   * Makes the networks that the task needs, its namespace and its addresses. Repeatable.
   * A task with users of its own gets a namespace that belongs to theirs: `users` is the path of that one.
   * Ports that the stack file leaves to the agent are picked here and kept over restarts of the task.
   * @throws SetpointError NETWORK_FAILED, or PORT_IN_USE and ADDRESS_IN_USE naming who holds it, before anything is touched
   */
  attach(task: Task, users?: string): Promise<Attachment>
  /**
   * Gives a task the namespace, names and resolver of another one that is attached (`network_mode: service:…`).
   * @throws SetpointError NETWORK_FAILED when that one has no namespace
   */
  join(ownerId: string): Promise<Attachment>
  /** Takes the task's namespace and addresses away, and networks that nobody uses any more. Repeatable. */
  detach(taskId: string): Promise<void>
  /** Makes names and published ports lead to exactly these tasks: the whole truth each time, in one transaction. */
  publish(endpoints: Endpoint[]): Promise<void>
  /** Sets the addresses and links of a task up again as they were. */
  repair(taskId: string): Promise<void>
  /** What the kernel has now: task id to `[hostIp:]published->target/protocol` in force, sorted. */
  forwardings(): Promise<Map<string, string[]>>
  /** What the kernel has now in the namespace of a task: `network=address`, sorted. */
  addressesOf(taskId: string): Promise<string[]>
  /** Removes every bridge, namespace, name server and rule of this agent. */
  removeAll(): Promise<void>
  close(): Promise<void>
}
