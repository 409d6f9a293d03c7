import { randomUUID } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import { absent } from '../disk.ts'
import { type Argv, run } from '../runtime/exec.ts'
import { namesIn } from './mounted.ts'

/** Where volumes wait for their removal, so that half of one is never taken for a whole. */
export interface Trash {
  /** Puts a folder aside, in one step; undefined when there is none. */
  put(home: string): Promise<string | undefined>
  /** Deletes what was put aside. @throws SetpointError VOLUME_KEPT */
  remove(place: string): Promise<void>
  /** Deletes what an agent that was killed, or one that met a file it could not delete, has left. @throws as `remove` */
  empty(): Promise<void>
}

const PREFIX = '.trash-'
/** Milliseconds: a database may be large, and its disk slow. */
const DEADLINE = 9 * 60_000

/** The trash of a folder of volumes: it is in that folder, so that nothing has to be copied. */
export function createTrash(folder: string): Trash {
  const beingDeleted = new Set<string>()
  return { put, remove, empty }

  async function put(home: string): Promise<string | undefined> {
    const place = join(folder, `${PREFIX}${randomUUID()}`)
    return rename(home, place).then(() => place, absent)
  }

  async function remove(place: string): Promise<void> {
    beingDeleted.add(place)
    try {
      await deleteFolder(place)
    } finally {
      beingDeleted.delete(place)
    }
  }

  async function empty(): Promise<void> {
    const places = (await namesIn(folder)).filter((name) => name.startsWith(PREFIX))
    for (const name of places) {
      const place = join(folder, name)
      if (!beingDeleted.has(place)) await remove(place)
    }
  }
}

/** By a process of its own: Node would take memory for each file of a folder at once. */
async function deleteFolder(place: string): Promise<void> {
  const { exitCode, stderr, timedOut } = await run(deleteArgv(place), { timeout: DEADLINE })
  if (exitCode === 0) return
  const said = timedOut ? 'it takes too long' : (stderr.trim().split('\n')[0] ?? '')
  throw new SetpointError('VOLUME_KEPT', `A volume is removed, but not all that was in it: ${said}.`, {
    hint: `See \`lsattr -R ${place}\` and \`dmesg\`. The rest is deleted when the agent starts, or a task goes.`,
  })
}

/** What is mounted in a folder is not emptied with it. */
export function deleteArgv(place: string): Argv {
  return ['rm', '--recursive', '--force', '--one-file-system', '--', place]
}
