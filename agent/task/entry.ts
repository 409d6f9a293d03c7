import type { Healthcheck } from '../../schemas/healthcheck.ts'
import type { Task, TaskFacts, TaskStatus } from '../../schemas/task.ts'
import { iso } from '../clock.ts'
import type { ResolvedImage } from '../image/images.ts'
import type { ResolvedMount } from '../runtime/runtime.ts'
import type { Users } from '../runtime/users/users.ts'

/** The tasks that make room for this one, and when. Gone from the entry once there is room. */
export interface Replacement {
  ids: string[]
  order: 'stop-first' | 'start-first'
  /** start-first: milliseconds from the start of the process until it must serve. */
  healthDeadline: number
}

/** All that was set up for a task before its process starts, so that a restart need not look it up again. */
export interface Prepared {
  image: ResolvedImage
  rootfs: string
  netns: string | null
  /** Where the host reaches a task that uses the network of another one. */
  reachedAt?: string | undefined
  /** Tells the namespace from one made anew; absent for the host's, and in a journal of an earlier agent. */
  netnsIdentity?: string | undefined
  /** Its own users, and where the image is mounted with their ids; absent: those of the host. */
  users?: (Users & { imageRoot: string }) | undefined
  /** The task's own mounts and those of its network files. */
  mounts: ResolvedMount[]
  /** The healthcheck that counts: the service's, else the image's. */
  healthcheck: Healthcheck | null
}

export type StopReason = 'unhealthy' | 'late' | 'repair' | 'removed'

/** What is journaled of a task: what is wanted of it and how far it has come. */
export interface Entry {
  version: 1
  task: Task
  /** `ended`: given up, kept so that its failure can be seen. */
  wanted: 'run' | 'ended' | 'removed'
  status: TaskStatus
  replaces: Replacement | null
  prepared: Prepared | null
  /** What a look into the kernel must find while it runs; `ports` as if it served. */
  facts: TaskFacts | null
  /** What an agent of a later version has made the task with and this one does not know: found out when it is loaded. */
  notKnown?: string | undefined
  /** Which run of which task this one has joined the processes or IPC of. */
  joined?: string | undefined
  /** Why the process is being stopped, and the ISO time of SIGKILL once the stop signal is sent. */
  stop: { why: StopReason; killAt?: string } | null
  /** Runs in a row that ended soon after their start: what the back-off counts. */
  streak: number
  /** Preparations, or removals, in a row that failed. */
  rejections: number
  /** ISO times of the latest restarts, as many as `maxAttempts` looks at. */
  restarts: string[]
  /** ISO time before which a removal that failed is not tried again. */
  retryAt?: string
}

/** The entry of a task that was just accepted. */
export function newEntry(task: Task, replaces: Replacement | null, now: number): Entry {
  const { id, stack, service, slot, host, revision, fingerprint } = task
  return {
    version: 1,
    task,
    wanted: 'run',
    status: {
      id,
      stack,
      service,
      slot,
      host,
      revision,
      fingerprint,
      run: 1,
      state: 'assigned',
      since: iso(now),
      health: 'none',
      failures: 0,
      addresses: {},
    },
    replaces,
    prepared: null,
    facts: null,
    stop: null,
    streak: 0,
    rejections: 0,
    restarts: [],
  }
}

/** What must be found in the kernel at this moment, if the task runs: ports are wanted only of a task that serves. */
export function wantedFacts(entry: Entry): TaskFacts | undefined {
  if (!entry.facts || entry.status.state !== 'running') return undefined
  return { ...entry.facts, ports: serves(entry) ? entry.facts.ports : [] }
}

/** True when ports of the host are to lead to the task. */
export function needsPorts(entry: Entry): boolean {
  return entry.task.container.ports.length > 0 && serves(entry)
}

/** True when traffic may be sent to the task: it runs, is healthy where that is asked, and is not on its way out. */
export function serves(entry: Entry): boolean {
  const { state, health } = entry.status
  const well = health === 'none' || health === 'healthy'
  return state === 'running' && well && entry.stop === null && entry.wanted === 'run'
}
