import type { Resources } from '../../schemas/resources.ts'
import type { Task } from '../../schemas/task.ts'
import type { Usage } from '../../schemas/usage.ts'
import type { Mount } from '../../schemas/volume.ts'
import type { ResolvedImage } from '../image/images.ts'
import type { RuntimeCommand } from './argv.ts'
import type { Users } from './users/users.ts'

/** A mount with nothing left to look up: what goes into the OCI config. */
export interface ResolvedMount
  extends Pick<Mount, 'propagation' | 'recursive' | 'size' | 'mode' | 'options'> {
  type: 'bind' | 'tmpfs'
  /** Absolute host path; empty for tmpfs. */
  source: string
  target: string
  readOnly: boolean
  /** The source is where the agent has mounted something: a server may be behind it that does not answer. */
  isMountPoint?: true
}

/** All that a runtime needs to make a task's container. The container's id is the task's id. */
export interface Container {
  task: Task
  image: ResolvedImage
  /** The task's writable root file system, mounted. */
  rootfs: string
  /** Path of the network namespace; null: the host's. */
  netns: string | null
  mounts: ResolvedMount[]
  /** Its own; absent: those of the host. */
  users?: Users | undefined
  /** The task whose processes or IPC it joins, and the pid of that one's process now. */
  joined?: { taskId: string; pid: number }
}

export interface ContainerState {
  status: 'created' | 'running' | 'stopped'
  pid: number
}

export interface Exit {
  id: string
  exitCode: number
  oomKilled: boolean
  /** ISO time. */
  at: string
}

export interface ExecResult {
  exitCode: number
  /** The first 4096 bytes of stdout and stderr (Docker's limit for a probe). */
  output: string
  timedOut: boolean
}

export interface LogLine {
  /** ISO time with nanoseconds as conmon wrote it. */
  at: string
  stream: 'stdout' | 'stderr'
  text: string
}

export interface RuntimeInfo {
  name: 'crun' | 'runc'
  version: string
  cgroup: 'v1' | 'v2' | 'hybrid'
  /** One sentence for the log: what was seen and what was chosen. */
  why: string
}

/** What a cgroup allows now, read from the kernel; null is unlimited. */
export interface Limits {
  memory: number | null
  cpus: number | null
  pids: number | null
}

/**
 * Runs containers. Every verb is repeatable: doing what is already done succeeds, and acting on a container that is
 * not there is no error for `kill` and `delete`.
 */
export interface Runtime {
  readonly info: RuntimeInfo
  /**
   * The users of a task whose service asks for its own, before anything else of it is made: its other namespaces belong
   * to theirs.
   * @throws SetpointError HOST_UNABLE when this host cannot give them
   */
  openUsers(task: Task): Promise<Users | undefined>
  /**
   * Mounts the task's writable overlay over the image's root and returns the path. With users of its own `image.root` has
   * their ids.
   */
  mountRoot(taskId: string, image: ResolvedImage, users?: Users): Promise<string>
  /** Writes the bundle and creates the container under conmon, its process waiting for `start`. Returns the pid. */
  create(container: Container): Promise<{ pid: number }>
  start(id: string): Promise<void>
  kill(id: string, signal: string): Promise<void>
  /** Removes the container, killing it when it runs; the writable root and the log stay for the next run. */
  delete(id: string): Promise<void>
  /** Unmounts and removes all that `openUsers`, `mountRoot` and `create` made for the task, logs included. */
  purge(id: string): Promise<void>
  state(id: string): Promise<ContainerState | undefined>
  /** False for a container without its conmon: nobody writes its log any more, or will tell of its end. */
  isHeld(id: string): Promise<boolean>
  /** Every container under this agent's runtime root, with its pid (0 when stopped). @param except those that are not to be looked at */
  list(except?: Set<string>): Promise<{ id: string; pid: number }[]>
  /** The ids of all of which there is anything: folders, mounts, exits, cgroups. `purge` takes it away. */
  traces(): Promise<string[]>
  exec(id: string, argv: string[], options: { timeout: number }): Promise<ExecResult>
  /** How the OCI runtime that a container is under is called. */
  command(id: string): Promise<RuntimeCommand>
  /** Calls the listener for each container that exits from now on. */
  onExit(listener: (exit: Exit) => void): void
  /** How a container ended, if it did: survives a restart of the agent. */
  exitOf(id: string): Promise<Exit | undefined>
  limits(id: string): Promise<Limits | undefined>
  /** What a container uses now; undefined when it is not there. @param pid that of its process */
  usage(id: string, pid: number): Usage | undefined
  setLimits(id: string, resources: Resources): Promise<void>
  /** The other limits that these resources set, as the files of the cgroup have them: `file=line`, sorted (settings.ts). */
  settings(id: string, resources: Resources): string[]
  /** What the files of settings have now. */
  settingsNow(id: string, settings: string[]): string[]
  /** Puts files back to what `settings` has told. @throws SetpointError RUNTIME_FAILED what the kernel refuses */
  setSettings(id: string, settings: string[]): Promise<void>
  /** The last lines of its log; fewer when they are longer than anybody reads. */
  logs(id: string, tail: number): Promise<LogLine[]>
  close(): Promise<void>
}
