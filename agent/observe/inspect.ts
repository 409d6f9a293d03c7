import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../../schemas/log.ts'
import type { Stray } from '../../schemas/report.ts'
import type { TaskFacts } from '../../schemas/task.ts'
import type { MountPoint } from '../mountinfo.ts'
import type { Networks } from '../network/networks.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Finding, Subject } from '../task/findings.ts'
import type { Tasks } from '../task/tasks.ts'
import { createMountReader, foundMounts, lowerdirOf, type MountReader } from './mounts.ts'
import { startTimeOf } from './proc.ts'

/** Looks into the kernel for what each running task really has, and for containers that no journal knows. */
export interface Inspector {
  /** Looks now and then every `interval` ms, until closed. */
  start(): void
  /** One look; those asked for while one is under way share the next. */
  inspect(): Promise<void>
  strays(): Stray[]
  onStrays(listener: () => void): void
  close(): void
}

export interface InspectorOptions {
  tasks: Pick<Tasks, 'subjects' | 'found' | 'vanished' | 'unheld' | 'published' | 'list'>
  runtime: Pick<Runtime, 'limits' | 'settingsNow' | 'list' | 'isHeld'>
  networks: Pick<Networks, 'forwardings' | 'addressesOf'>
  log: Log
  /** Milliseconds between two looks. */
  interval?: number
  /** Where procfs is mounted. */
  proc?: string
}

const INTERVAL = 5_000
const HOST = 'self'

/** An inspector that does not look before it is started or asked. */
export function createInspector(options: InspectorOptions): Inspector {
  const { tasks, runtime, log, interval = INTERVAL, proc = '/proc' } = options
  /** By task: a process (its run and pid) and when it began, and the process that was not there at the last look. */
  const processes = new Map<string, { process: string; startTime: number }>()
  const missing = new Map<string, string>()
  const mounts = createMountReader(proc)
  const listeners: (() => void)[] = []
  let strays: Stray[] = []
  let underWay: Promise<void> | undefined
  let following: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  return {
    start() {
      void inspect().finally(again)
    },
    inspect,
    strays: () => strays,
    onStrays: (listener) => void listeners.push(listener),
    close() {
      closed = true
      clearTimeout(timer)
    },
  }

  function again(): void {
    if (!closed) timer = setTimeout(() => void inspect().finally(again), interval)
  }

  function inspect(): Promise<void> {
    if (!underWay) {
      underWay = look().finally(() => {
        underWay = undefined
      })
      return underWay
    }
    following ??= underWay.then(() => {
      following = undefined
      return inspect()
    })
    return following
  }

  async function look(): Promise<void> {
    try {
      await Promise.all([lookForStrays(), lookAtTasks()])
    } catch (error) {
      log.warn({ error: String(error) }, 'The tasks of this host could not be looked at')
    }
  }

  async function lookForStrays(): Promise<void> {
    const containers = await runtime.list(new Set(tasks.list().map(({ id }) => id)))
    // one of a task that came while the folders were read
    const known = new Set(tasks.list().map(({ id }) => id))
    const seen = containers
      .filter(({ id }) => !known.has(id))
      .map(({ id, pid }) => ({ containerId: id, pid, since: firstSeen(id) }))
      .sort((a, b) => (a.containerId < b.containerId ? -1 : 1))
    if (JSON.stringify(seen) === JSON.stringify(strays)) return
    strays = seen
    for (const listener of listeners) listener()
  }

  function firstSeen(id: string): string {
    return strays.find(({ containerId }) => containerId === id)?.since ?? new Date().toISOString()
  }

  async function lookAtTasks(): Promise<void> {
    const subjects = await settledSubjects()
    forgetOthers()
    if (subjects.length === 0) return
    const shared = await readShared(options.networks, mounts)
    mounts.keep(new Set([HOST, ...subjects.map(({ pid }) => String(pid))]))
    const findings = await Promise.all(subjects.map((subject) => lookAt(subject, shared)))
    tasks.found(findings.filter((finding) => finding !== undefined))
  }

  /** The tasks that did not change while what is to be published was: of any other the ports may not be in force yet. */
  async function settledSubjects(): Promise<Subject[]> {
    const before = new Map(tasks.subjects().map((subject) => [subject.id, subject]))
    await tasks.published()
    return tasks.subjects().filter((subject) => isDeepStrictEqual(before.get(subject.id), subject))
  }

  /** A task that comes back has the id and the run number that it had before, and another process. */
  function forgetOthers(): void {
    const ids = new Set(tasks.subjects().map(({ id }) => id))
    for (const known of [processes, missing]) {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
    }
  }

  async function lookAt(subject: Subject, shared: Shared): Promise<Finding | undefined> {
    const startTime = startTimeOf(proc, subject.pid)
    if (startTime === undefined || !isSameProcess(subject, startTime)) return void (await miss(subject))
    missing.delete(subject.id)
    if (!(await runtime.isHeld(subject.id))) await tasks.unheld(subject.id)
    const found = await factsOf(subject, { ...shared, ...options })
    return found && { subject, found }
  }

  function isSameProcess(subject: Subject, startTime: number): boolean {
    const [known, process] = [processes.get(subject.id), processOf(subject)]
    if (known?.process === process) return known.startTime === startTime
    processes.set(subject.id, { process, startTime })
    return true
  }

  /** Its end is told by an event; only when that does not come until the next look something was lost. */
  async function miss(subject: Subject): Promise<void> {
    const process = processOf(subject)
    if (missing.get(subject.id) === process) await tasks.vanished(subject.id)
    missing.set(subject.id, process)
  }
}

function processOf({ run, pid }: Subject): string {
  return `run ${run} pid ${pid}`
}

/** What is read once for all tasks. */
interface Shared {
  mounts: MountReader
  host: MountPoint[]
  forwardings: Map<string, string[]>
}

async function readShared(networks: Pick<Networks, 'forwardings'>, mounts: MountReader): Promise<Shared> {
  const forwardings = await networks.forwardings()
  return { mounts, host: mounts.read(HOST) ?? [], forwardings }
}

/** A process may rename itself or execute another program: as long as it is the one that was started, its argv counts. */
async function factsOf(
  { id, pid, wanted, imageRoot }: Subject,
  { host, mounts, forwardings, runtime, networks }: Shared & Pick<InspectorOptions, 'runtime' | 'networks'>,
): Promise<TaskFacts | undefined> {
  const [limits, addresses] = await Promise.all([
    runtime.limits(id),
    wanted.addresses.length > 0 ? networks.addressesOf(id) : [],
  ])
  const inside = mounts.read(String(pid))
  if (inside === undefined) return undefined // it has ended meanwhile
  const lower = lowerdirOf(inside)
  return {
    running: true,
    argv: wanted.argv,
    image: lower === imageRoot ? wanted.image : (lower ?? 'unknown'),
    memory: limits?.memory ?? null,
    cpus: limits?.cpus ?? null,
    pids: limits?.pids ?? null,
    ...(wanted.limits && { limits: runtime.settingsNow(id, wanted.limits) }),
    mounts: foundMounts(wanted.mounts, { inside, host }),
    addresses,
    ports: forwardings.get(id) ?? [],
  }
}
