import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '../../schemas/canonical.ts'
import { createOneByOne } from '../../schemas/common/one-by-one.ts'
import type { Log } from '../../schemas/log.ts'
import { PREVIOUS_KEPT, type StackRecord } from '../../schemas/record.ts'
import { syncFolder, UNFINISHED, writeAtomically } from './files.ts'
import { fileName, isRecordFile, readRecord, setAside } from './record-file.ts'
import type { Records } from './records.ts'

/** How much of the past a record keeps, newest first. */
export const HISTORY_KEPT = 200

const NEWER =
  'Another version of the controller has written what this one does not know: in a spec it stays, the rest is lost when the record changes'

interface Kept {
  record: StackRecord
  /** Canonical: what is on the disk. */
  text: string
}

/**
 * The records as one JSON file a stack in `folder`. What `get` gives is what is on the disk; whoever wants another
 * record makes a new one and puts it. A put that fails changes nothing.
 */
export function createRecords(folder: string, log: Log): Records {
  const kept = new Map<string, Kept>()
  const oneByOne = createOneByOne()

  async function put(record: StackRecord): Promise<void> {
    const text = canonicalJson(capped(record))
    if (kept.get(record.name)?.text === text) return
    await writeAtomically(join(folder, fileName(record.name)), text)
    kept.set(record.name, { record: JSON.parse(text) as StackRecord, text })
  }

  async function remove(stack: string): Promise<void> {
    await rm(join(folder, fileName(stack)), { force: true })
    await syncFolder(folder)
    kept.delete(stack)
  }

  async function take(name: string): Promise<void> {
    const record = await readRecord(folder, name)
    if (record.ok) {
      if (record.unknown.length > 0) log.warn({ file: name, unknown: record.unknown }, NEWER)
      kept.set(record.value.name, { record: record.value, text: canonicalJson(record.value) })
      return
    }
    const aside = await setAside(folder, name)
    log.error({ folder, file: name, aside, problem: record.message }, 'The record of a stack is damaged')
  }

  return {
    load: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const names = await readdir(folder)
      await Promise.all(names.filter(isUnfinished).map((name) => rm(join(folder, name), { force: true })))
      await Promise.all(names.filter(isRecordFile).map(take))
    },
    get: (stack) => kept.get(stack)?.record,
    list: () => [...kept.values()].map(({ record }) => record).sort((a, b) => (a.name < b.name ? -1 : 1)),
    put: (record) => oneByOne(record.name, () => put(record)),
    remove: (stack) => oneByOne(stack, () => remove(stack)),
  }
}

function capped(record: StackRecord): StackRecord {
  const { history, previous } = record
  return { ...record, history: history.slice(0, HISTORY_KEPT), previous: previous.slice(0, PREVIOUS_KEPT) }
}

function isUnfinished(name: string): boolean {
  return name.endsWith(UNFINISHED)
}
