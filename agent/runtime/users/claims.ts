import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { absent, writeDurably } from '../../disk.ts'
import { type Paths, RUN_OF_ALL } from '../../paths.ts'
import { unable } from '../abilities.ts'
import { isFree, isRange, rangesFor, spansOf } from './ranges.ts'

/** Where all agents of a machine say which range which task has: a file for each, named after its first id. */
const CLAIMS = join(RUN_OF_ALL, 'users')

/**
 * A range of ids of the host for a task alone, the same until `releaseRange`, also after a reboot: it is kept beside the
 * journal, where it is written before it is claimed.
 * @returns its first id
 * @throws SetpointError HOST_UNABLE when all are taken, or the task's own by somebody else
 */
export async function claimRange(paths: Paths, taskId: string): Promise<number> {
  const owner = ownerOf(paths, taskId)
  const known = await knownRange(paths, taskId)
  if (known !== undefined && (await claim(known, owner))) return known
  // what the task has written into its root belongs to the ids that it had
  if (known !== undefined && (await hasWritten(paths, taskId))) throw unable(...TAKEN)
  const spans = await spansOnHost()
  for (const first of rangesFor(owner)) {
    if (!isFree(first, spans)) continue
    await writeDurably(fileOf(paths, taskId), String(first))
    if (await claim(first, owner)) return first
  }
  throw unable(...NONE_LEFT)
}

/** Gives a range back. Repeatable. */
export async function releaseRange(paths: Paths, taskId: string): Promise<void> {
  const first = await knownRange(paths, taskId)
  if (first === undefined) return
  const file = join(CLAIMS, String(first))
  if ((await readFile(file, 'utf8').catch(absent)) === ownerOf(paths, taskId)) await rm(file, { force: true })
  await rm(fileOf(paths, taskId), { force: true })
  for (const folder of [CLAIMS, RUN_OF_ALL]) await rmdir(folder).catch(() => {}) // others have something there
}

/** True when it is the owner's now, or was before. A link is made whole or not at all, and never over another. */
async function claim(first: number, owner: string): Promise<boolean> {
  const file = join(CLAIMS, String(first))
  await mkdir(CLAIMS, { recursive: true })
  const temporary = join(dirname(CLAIMS), `.users-${randomUUID()}`)
  try {
    await writeFile(temporary, owner)
    await link(temporary, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return (await readFile(file, 'utf8').catch(absent)) === owner
  } finally {
    await rm(temporary, { force: true })
  }
}

async function knownRange(paths: Paths, taskId: string): Promise<number | undefined> {
  const text = await readFile(fileOf(paths, taskId), 'utf8').catch(absent)
  return text !== undefined && isRange(Number(text)) ? Number(text) : undefined
}

async function hasWritten(paths: Paths, taskId: string): Promise<boolean> {
  return (await readdir(join(paths.task(taskId), 'upper')).catch(absent)) !== undefined
}

async function spansOnHost() {
  const read = (names: string[]) =>
    Promise.all(names.map(async (name) => (await readFile(join('/etc', name), 'utf8').catch(absent)) ?? ''))
  const [delegated, accounts] = await Promise.all([read(['subuid', 'subgid']), read(['passwd', 'group'])])
  return spansOf({ delegated, accounts })
}

const ownerOf = ({ instance }: Paths, taskId: string) => `${instance}/${taskId}`
const fileOf = (paths: Paths, taskId: string) => join(paths.task(taskId), 'users')

const NONE_LEFT = [
  'userns_mode asks for users of its own, and all ranges of ids from 2000289792 to 2147352575 are taken',
  `See who has them in ${CLAIMS}, and in /etc/subuid and /etc/subgid.`,
] as const

const TAKEN = [
  'the ids that this task had before the reboot belong to a task of another agent now',
  'Start the service anew, with another task: `setpoint sync` after a change of it.',
] as const
