import type { ErrorFacts } from './error.ts'
import type { Failure, HistoryEntry, Outcome } from './record.ts'
import type { HostInfo } from './report.ts'
import type { LogLine } from './session/request.ts'
import type { VolumeUser } from './session/volumes.ts'
import type { Health, Probe, TaskState } from './task.ts'
import type { Usage } from './usage.ts'
import type { DriverOptions } from './volume.ts'

/** The API's JSON, which is what `--output json` prints. Kept stable; docs/cli.md shows it. */
export interface StatusDocument {
  stacks: StackStatus[]
  hosts: HostStatus[]
  sources: SourceStatus[]
  controller: ControllerStatus
}

export interface ControllerStatus {
  /** False while another controller leads or Redis is away: then nothing is changed. */
  leads: boolean
  /** For people; null when all is well. */
  message: string | null
}

/** A job that a host refused. */
export interface HostProblem {
  code: string
  message: string
  at: string
}

export interface SourceStatus {
  name: string
  url: string
  branch: string
  revision: string | null
  /** ISO time of the last poll that worked. */
  polled: string | null
  error: { code: string; message: string; hint?: string } | null
}

export type ConditionType = 'Ready' | 'Reconciling' | 'Stalled' | 'Drifted'

export interface Condition {
  type: ConditionType
  status: 'True' | 'False' | 'Unknown'
  /** PascalCase, for machines. */
  reason: string
  /** For people. */
  message: string
  since: string
}

export interface StackStatus {
  name: string
  source: string
  revision: { attempted: string | null; applied: string | null }
  outcome: Outcome
  conditions: Condition[]
  services: ServiceStatus[]
  /** What is wrong with the newest commit, or only worth telling, as `file:line:column path: message`. */
  problems: string[]
  failure?: Failure
}

export interface ServiceStatus {
  name: string
  image: string
  /** What the image was found to stand for; null when that is not known, or needs no asking. */
  digest: string | null
  desired: number
  running: number
  healthy: number
  /** `[hostIp:]published->target/protocol`, those of all its tasks. */
  ports: string[]
  tasks: TaskView[]
}

/** How a run of a task came to its end. */
export interface TaskEnd {
  exitCode: number
  /** The signal that the exit code stands for: 137 is SIGKILL. */
  signal: string | null
  /** True when the kernel killed it for lack of memory. */
  oomKilled: boolean
  at: string
  /** The last lines that it wrote, of a run that failed. */
  log: string[]
}

export interface TaskView {
  id: string
  slot: number
  host: string
  state: TaskState
  health: Health
  pid: number | null
  addresses: string[]
  /** Its part of the service's. */
  ports: string[]
  startedAt: string | null
  exitCode: number | null
  revision: string
  /** Runs that its restart policy, or another try after a rejection, has led to. */
  restarts: number
  /** Runs that its host began by itself: after a repair or a reboot, or as what it shares with another task is new. */
  renewals: number
  /** ISO time of the next run, when one is due. */
  restartAt: string | null
  /** The latest run that has ended. */
  ended: TaskEnd | null
  /** The latest probes of this run, the newest last. */
  probes: Probe[]
  /** What it waits for while it is preparing; null otherwise. */
  message: string | null
  error: { code: string; message: string; hint?: string } | null
}

export interface HostStatus
  extends Pick<HostInfo, 'name' | 'availability' | 'labels' | 'resources' | 'runtime'> {
  state: 'ready' | 'stale' | 'lost'
  seen: string
  key: HostKeyStatus
  /** The last job of the past ten minutes that it refused. */
  problem: HostProblem | null
}

/** `changed`: the host reports another key than the pinned one; nothing is sealed to it until somebody trusts the new one. */
export interface HostKeyStatus {
  state: 'pinned' | 'changed' | 'none'
  /** What is sealed to. */
  recipient: string | null
  /** What the host says. */
  reported: string | null
}

/** An external secret, without its value. */
export interface SecretStatus {
  name: string
  /** Another for another value; nobody can tell the value from it. */
  digest: string
  /** ISO time. */
  set: string
  /** `stack/service` of what uses it. */
  usedBy: string[]
}

/** One field of one task that is not as it was set up. */
export interface DriftedField {
  service: string
  taskId: string
  host: string
  field: string
  wanted: string
  found: string
  /** The task was started again for its sake, and it is as it was. */
  isUnhealed?: true
}

/** A drifted field as the API tells of it. */
export interface DriftItem extends Omit<DriftedField, 'isUnhealed'> {
  /** Empty, as is `service`, for a container that belongs to no stack. */
  stack: string
  since: string
  /** What Setpoint does about it. */
  handling: 'heal' | 'report' | 'unhealed'
}

export interface PlanDocument {
  stacks: {
    name: string
    revision: string | null
    changes: PlannedChange[]
    problems: string[]
  }[]
}

/** One line of a plan, with the fields that led to it. */
export interface PlannedChange {
  summary: string
  /** Dotted path, what it is and what it becomes: `container.image.reference: a → b`. */
  fields: { path: string; from: string; to: string }[]
}

export interface HistoryDocument {
  stack: string
  entries: HistoryEntry[]
}

/** What the running tasks use, as their hosts last told: `GET /v1/stats`. */
export interface StatsDocument {
  tasks: TaskStats[]
}

export interface TaskStats {
  id: string
  stack: string
  service: string
  slot: number
  host: string
  usage: Usage
}

/** A line of `GET /v1/logs`: log lines, or why those of a host are missing. */
export type LogPiece = { lines: LogLine[] } | { missing: { host: string; error: ErrorFacts } }

/** The volumes of the fleet, as their hosts tell of them when they are asked: `GET /v1/volumes`. */
export interface VolumesDocument {
  volumes: VolumeStatus[]
  /** Hosts whose volumes could not be told. */
  missing: { host: string; error: ErrorFacts }[]
  /** Sources that were not read since the controller started: nobody knows all that their stacks declare. */
  unread: string[]
}

/** What was counted on of a host that is forgotten: `DELETE /v1/hosts/NAME`. */
export interface ForgottenHostDocument {
  host: string
  /** ISO time at which it was last heard; null when it was not since the controller started. */
  seen: string | null
  /** What was there as far as anybody knows, and is placed anew. */
  tasks: { stack: string; service: string; slot: number; taskId: string }[]
  /** Volumes of its own disk that these tasks had: where they start now is another one of that name, or a new one. */
  volumes: { name: string; stack: string }[]
}

/** One volume on one host. */
export interface VolumeStatus {
  /** Empty for one without a name. */
  name: string
  host: string
  /** Whose tasks use it, or were the last to; else what declares it; null when nobody knows. */
  stack: string | null
  driver: 'local'
  /** `driver_opts`, without passwords. */
  options: DriverOptions | null
  labels: Record<string, string>
  /** On the host; for one with `driver_opts` it is there while a task needs it. */
  path: string
  createdAt: string
  /** Not made by Setpoint, and never removed. */
  external: boolean
  /** Without a name: it belongs to a task, and goes with it. */
  anonymous: boolean
  /** Where the container sees a volume that has no name; null for one that has. */
  target: string | null
  /** The stacks that want it on this host. */
  declaredBy: string[]
  /** The tasks that mount it, those that have ended included. */
  usedBy: VolumeUser[]
  /** ISO time; null while it is used, and when nobody knows. */
  unusedSince: string | null
  /** Bytes; null when it was not asked for, lies on a device, or took too long. */
  size: number | null
}

/** `POST /v1/volumes/remove` */
export interface RemovedVolumesDocument {
  removed: { name: string; host: string }[]
  /** The volumes that were named and that no host has. */
  absent: string[]
}
