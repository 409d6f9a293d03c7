import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { Task, TaskStatus } from '../../schemas/task.ts'
import { reader } from '../../schemas/validate.ts'
import { iso } from '../clock.ts'
import { absent } from '../disk.ts'
import type { Paths } from '../paths.ts'
import type { Entry } from './entry.ts'

/** What an agent remembers of its tasks: `<state>/tasks/<id>/task.json`, one file a task. */
export interface Journal {
  /** Every entry that can be read. A damaged file is set aside and told of; it stops no other. */
  load(): Promise<Entry[]>
  /**
   * Writes an entry by temp file and rename; writes that wait for each other become one. `durable` also waits for the
   * disk: then it outlives a power cut.
   * @throws SetpointError DISK_FULL
   */
  save(entry: Entry, options?: { durable?: boolean }): Promise<void>
  /** Forgets a task: removes its folder. Repeatable. */
  forget(id: string): Promise<void>
  /** The ids of all tasks that have a folder, with or without an entry in it. */
  folders(): Promise<string[]>
  /**
   * Those of them in which something was begun and nothing is to be kept: no entry, none that was set aside, no volume.
   * A folder that was half removed is removed at last.
   */
  halves(): Promise<string[]>
  /** Resolves once nothing waits to be written. */
  idle(): Promise<void>
}

const FILE = 'task.json'
const NEWER =
  'Another version of the agent has set up a task with what this one does not know: it runs on, and is restarted without it'
/** A folder that is being removed. */
const TRASH = '.trash-'
const readTask = reader(Task)
const readStatus = reader(TaskStatus)

/** The journal below `<state>/tasks`. */
export function createJournal({ paths, log }: { paths: Paths; log: Log }): Journal {
  const writers = new Map<string, Writer>()
  const home = join(paths.state, 'tasks')
  const names = async () => (await readdir(home).catch(absent)) ?? []
  const folders = async () => (await names()).filter((name) => !name.startsWith(TRASH))

  return {
    async load() {
      const entries = await Promise.all((await folders()).map((id) => loadOne(paths.task(id), id, log)))
      return entries.filter((entry) => entry !== undefined)
    },

    save(entry, { durable = false } = {}) {
      const { id } = entry.task
      const writer = writers.get(id) ?? createWriter(paths.task(id))
      writers.set(id, writer)
      return writer.write(entry, durable)
    },

    async forget(id) {
      await writers.get(id)?.idle()
      writers.delete(id)
      await discard(paths.task(id), join(home, `${TRASH}${id}`))
    },

    folders,

    async halves() {
      const trash = (await names()).filter((name) => name.startsWith(TRASH))
      await Promise.all(trash.map((name) => rm(join(home, name), { recursive: true, force: true })))
      const all = await folders()
      const inside = await Promise.all(all.map((id) => readdir(paths.task(id)).catch(absent)))
      return all.filter((_, index) => inside[index]?.every((name) => !isKept(name)) ?? false)
    },

    async idle() {
      await Promise.all([...writers.values()].map((writer) => writer.idle()))
    },
  }
}

interface Writer {
  write(entry: Entry, durable: boolean): Promise<void>
  idle(): Promise<void>
}

/** One writer a file: while a write is under way the next ones gather, and only the last of them is written. */
function createWriter(folder: string): Writer {
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

async function loadOne(folder: string, id: string, log: Log): Promise<Entry | undefined> {
  const path = join(folder, FILE)
  const text = await readFile(path, 'utf8').catch(absent)
  if (text === undefined) return undefined
  try {
    const { entry, unknown } = parseEntry(text, id)
    if (unknown.length > 0) log.warn({ task: id, unknown }, NEWER)
    return entry
  } catch (error) {
    const aside = `${path}.damaged-${iso(Date.now()).replaceAll(':', '')}`
    await rename(path, aside)
    log.error(
      { task: id, aside, error: String(error) },
      'A task journal is damaged and was set aside; its container now counts as a stray',
    )
    return undefined
  }
}

interface Parsed {
  entry: Entry
  /** What the task is asked to be that this agent does not know. */
  unknown: string[]
}

/** The task stays as it was written, for an agent that knows all of it; of the status what is known is enough. */
function parseEntry(text: string, id: string): Parsed {
  const entry = JSON.parse(text) as Entry
  if (entry.version !== 1) throw new Error(`its version ${entry.version} is not one that this agent knows`)
  const task = readTask(entry.task)
  if (!task.ok) throw new Error(`task: ${task.message}`)
  const status = readStatus(entry.status)
  if (!status.ok) throw new Error(`status: ${status.message}`)
  if (entry.task.id !== id) throw new Error(`it is the journal of task ${entry.task.id}`)
  if (!['run', 'ended', 'removed'].includes(entry.wanted)) throw new Error(`wanted: ${entry.wanted}`)
  return { entry: { ...entry, status: withProbes(status.value) }, unknown: task.unknown }
}

/** A journal of an earlier agent has the last probe alone, under a name of its own. */
function withProbes({ lastProbe, ...status }: TaskStatus): TaskStatus {
  return lastProbe && !status.probes ? { ...status, probes: [lastProbe] } : status
}

function isKept(name: string): boolean {
  return name === FILE || name.startsWith(`${FILE}.damaged-`) || name === 'volumes'
}

/** Whole or not at all: without its entry what is left of a folder could not be told from one that was begun. */
async function discard(folder: string, trash: string): Promise<void> {
  await rm(trash, { recursive: true, force: true })
  await rename(folder, trash).catch(absent)
  await rm(trash, { recursive: true, force: true })
}
