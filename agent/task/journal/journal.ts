import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../../schemas/log.ts'
import { absent } from '../../disk.ts'
import type { Paths } from '../../paths.ts'
import type { Entry } from '../entry.ts'
import { createWriter, isEntry, loadEntry, type Writer } from './entry-file.ts'

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

/** A folder that is being removed. */
const TRASH = '.trash-'

/** The journal below `<state>/tasks`. */
export function createJournal({ paths, log }: { paths: Paths; log: Log }): Journal {
  const writers = new Map<string, Writer>()
  const home = join(paths.state, 'tasks')
  const names = async () => (await readdir(home).catch(absent)) ?? []
  const folders = async () => (await names()).filter((name) => !name.startsWith(TRASH))

  return {
    async load() {
      const entries = await Promise.all((await folders()).map((id) => loadEntry(paths.task(id), id, log)))
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

function isKept(name: string): boolean {
  return isEntry(name) || name === 'volumes'
}

/** Whole or not at all: without its entry what is left of a folder could not be told from one that was begun. */
async function discard(folder: string, trash: string): Promise<void> {
  await rm(trash, { recursive: true, force: true })
  await rename(folder, trash).catch(absent)
  await rm(trash, { recursive: true, force: true })
}
