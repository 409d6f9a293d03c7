import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, SetpointError } from '../../../schemas/error.ts'
import { unknownPart } from '../../../schemas/job.ts'
import type { Log } from '../../../schemas/log.ts'
import { Task, TaskStatus } from '../../../schemas/task.ts'
import { reader } from '../../../schemas/validate.ts'
import { iso } from '../../clock.ts'
import { absent, syncFolder } from '../../disk.ts'
import type { Entry } from '../entry.ts'

const FILE = 'task.json'
const ASIDE = `${FILE}.damaged-`
const NEWER =
  'Another version of the agent has set up a task with what this one does not know: it runs on, and is not started again'
const readTask = reader(Task)
const readStatus = reader(TaskStatus)

/** True for the name of a file with an entry, be it one that was set aside. */
export function isEntry(name: string): boolean {
  return name === FILE || name.startsWith(ASIDE)
}

/** Writes the entry of one task. */
export interface Writer {
  /**
   * Resolves once the entry, or one that came after it, is in the file; `durable` also waits for the disk.
   * @throws SetpointError DISK_FULL
   */
  write(entry: Entry, durable: boolean): Promise<void>
  /** Resolves once nothing waits to be written. */
  idle(): Promise<void>
}

/** One writer a file: while a write is under way the next ones gather, and only the last of them is written. */
export function createWriter(folder: string): Writer {
  let current: Promise<void> = Promise.resolve()
  let waiting: { entry: Entry; durable: boolean; done: Promise<void> } | undefined

  return {
    write(entry, durable) {
      if (waiting) {
        waiting.entry = entry
        waiting.durable ||= durable
        return waiting.done
      }
      const mine = { entry, durable, done: Promise.resolve() }
      waiting = mine
      mine.done = current.then(() => {
        waiting = undefined
        return writeFile(folder, mine.entry, mine.durable)
      })
      current = mine.done.catch(() => {}) // the caller is told; the next write must go on
      return mine.done
    },
    async idle() {
      await current
    },
  }
}

async function writeFile(folder: string, entry: Entry, durable: boolean): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const temporary = join(folder, `.${FILE}.tmp`)
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(entry))
      if (durable) await file.datasync()
    } finally {
      await file.close()
    }
    await rename(temporary, join(folder, FILE))
    if (durable) await syncFolder(folder) // until then a power cut may leave the entry before, or none
  } catch (error) {
    throw new SetpointError(
      'DISK_FULL',
      `The journal of task ${entry.task.id} cannot be written: ${error}.`,
      {
        hint: `Make room, or make ${folder} writable; the agent tries again.`,
        cause: error,
      },
    )
  }
}

/** The entry of a task; undefined when there is none, or a damaged one, which is set aside. */
export async function loadEntry(folder: string, id: string, log: Log): Promise<Entry | undefined> {
  const path = join(folder, FILE)
  const text = await readFile(path, 'utf8').catch(absent)
  if (text === undefined) return undefined
  try {
    const entry = parseEntry(text, id)
    if (entry.notKnown !== undefined) log.warn({ task: id, unknown: entry.notKnown }, NEWER)
    return entry
  } catch (error) {
    const aside = join(folder, `${ASIDE}${iso(Date.now()).replaceAll(':', '')}`)
    await rename(path, aside)
    log.error(
      { task: id, aside, problem: messageOf(error) },
      'A task journal is damaged and was set aside; its container now counts as a stray',
    )
    return undefined
  }
}

/** The task stays as it was written, for an agent that knows all of it; of the status what is known is enough. */
function parseEntry(text: string, id: string): Entry {
  const entry = JSON.parse(text) as Entry
  if (entry.version !== 1) throw new Error(`its version ${entry.version} is not one that this agent knows`)
  const task = readTask(entry.task)
  if (!task.ok) throw new Error(`task: ${task.message}`)
  const status = readStatus(entry.status)
  if (!status.ok) throw new Error(`status: ${status.message}`)
  if (entry.task.id !== id) throw new Error(`it is the journal of task ${entry.task.id}`)
  if (!['run', 'ended', 'removed'].includes(entry.wanted)) throw new Error(`wanted: ${entry.wanted}`)
  const notKnown = unknownPart(entry.task, task.unknown)
  return { ...entry, status: withProbes(status.value), notKnown }
}

/** A journal of an earlier agent has the last probe alone, under a name of its own. */
function withProbes({ lastProbe, ...status }: TaskStatus): TaskStatus {
  return lastProbe && !status.probes ? { ...status, probes: [lastProbe] } : status
}
