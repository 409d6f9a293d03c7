import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Stray } from '../../schemas/report.ts'
import { coalesce } from '../coalesce.ts'
import type { Networks } from '../network/networks.ts'
import { startTimeOf } from '../processes.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Finding, Subject } from '../task/repair/findings.ts'
import type { Tasks } from '../task/tasks.ts'
import { keepMounts, readFacts, readShared, type SharedFacts } from './facts.ts'
import { createMountReader } from './mounts.ts'
import { createStrays } from './strays.ts'

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

/** Milliseconds between two looks, unless told otherwise. */
const INTERVAL = 5_000

/** An inspector that does not look before it is started or asked. */
export function createInspector(options: InspectorOptions): Inspector {
  const { tasks, runtime, log, interval = INTERVAL, proc = '/proc' } = options
  /** By task: a process (its run and pid) and when it began, and the process that was not there at the last look. */
  const processes = new Map<string, { process: string; startTime: number }>()
  const missing = new Map<string, string>()
  const parts = { ...options, mounts: createMountReader(proc) }
  const strays = createStrays({ tasks, runtime })
  const inspect = coalesce(look)
  let timer: NodeJS.Timeout | undefined
  let closed = false

  return {
    start() {
      void inspect().finally(again)
    },
    inspect,
    strays: strays.list,
    onStrays: strays.onChange,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }

  function again(): void {
    if (!closed) timer = setTimeout(() => void inspect().finally(again), interval)
  }

  async function look(): Promise<void> {
    try {
      await Promise.all([strays.look(), lookAtTasks()])
    } catch (error) {
      log.warn({ problem: messageOf(error) }, 'The tasks of this host could not be looked at')
    }
  }

  async function lookAtTasks(): Promise<void> {
    const subjects = await settledSubjects()
    forgetOthers()
    if (subjects.length === 0) return
    const shared = await readShared(parts)
    keepMounts(parts.mounts, subjects)
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

  async function lookAt(subject: Subject, shared: SharedFacts): Promise<Finding | undefined> {
    const startTime = startTimeOf(subject.pid, proc)
    if (startTime === undefined || !isSameProcess(subject, startTime)) return void (await miss(subject))
    missing.delete(subject.id)
    if (!(await runtime.isHeld(subject.id))) await tasks.unheld(subject.id)
    const found = await readFacts(subject, shared, parts)
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
