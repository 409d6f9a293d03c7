import { existsSync } from 'node:fs'
import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SetpointError } from '../schemas/error.ts'
import type { Log } from '../schemas/log.ts'
import { forgetHost } from './host-name.ts'
import { lockState } from './lock.ts'
import { isInside, readMounts } from './mountinfo.ts'
import type { AgentOptions } from './options.ts'
import { openParts, type Parts } from './parts.ts'
import { agentPaths, RUN_OF_ALL } from './paths.ts'
import { releaseView } from './runtime/choose.ts'

/** Seconds that an agent which is just ending gets. */
const WAIT_FOR_AGENT = 10

/**
 * Takes everything of a state folder down, without Redis or controller: tasks, networks, mounts, cgroups and the run
 * folder; volumes only when asked. `tell` gets a line for each thing that was removed. Repeatable.
 */
export async function takeDown(options: AgentOptions, log: Log, tell: (line: string) => void): Promise<void> {
  const paths = agentPaths(options.state, options.run)
  if (!existsSync(paths.state) && !existsSync(paths.run)) return tell(`nothing to remove in ${paths.state}`)
  const wasUp = existsSync(paths.run)
  const lock = await lockState(paths.state, WAIT_FOR_AGENT)
  const parts = await openParts(options, log, 0)
  const removed = (what: string) => tell(`removed ${what}`)
  try {
    await parts.tasks.removeAll(removed)
    await removeNetworks(parts, removed)
    await parts.images.release(nothing)
    await parts.volumes.release(() => ({ volumes: new Set(), tasks: new Set() }))
    await parts.secrets.release(nothing, nothing)
    if (options.volumes) await removeVolumes(parts, removed)
  } finally {
    await parts.close()
  }
  await removeRun(paths.run)
  if (wasUp) removed(`the run folder ${paths.run}`)
  await rmdir(join(paths.state, 'tasks')).catch(() => {}) // kept when something in it could not be removed
  await forgetHost(paths.state)
  await lock.release()
}

/** Nothing is used any more: all of it may go. */
function nothing(): boolean {
  return false
}

async function removeNetworks({ paths, networks }: Parts, removed: (what: string) => void): Promise<void> {
  const folder = join(paths.state, 'networks')
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'))
  const names = await Promise.all(files.map((file) => nameIn(join(folder, file))))
  await networks.removeAll()
  for (const name of names) removed(`network ${name}`)
}

async function removeVolumes({ volumes }: Parts, removed: (what: string) => void): Promise<void> {
  for (const name of await volumes.list()) {
    await volumes.remove(name)
    removed(`volume ${name}`)
  }
}

/** Only an empty shell goes: what is still mounted in it is somebody's data. */
async function removeRun(run: string): Promise<void> {
  if (!existsSync(run)) return
  await releaseView(run)
  const mounted = (await readMounts()).map(({ target }) => target).filter((target) => isInside(target, run))
  if (mounted.length > 0) {
    throw new SetpointError('MOUNT_FAILED', `${mounted.join(', ')} cannot be unmounted, so ${run} is kept.`, {
      hint: 'Find out what uses it (fuser -vm), and take it down again.',
    })
  }
  await rm(run, { recursive: true, force: true })
  if (dirname(run) === RUN_OF_ALL) await rmdir(RUN_OF_ALL).catch(() => {}) // another agent of this machine has one there
}

async function nameIn(file: string): Promise<string> {
  try {
    return JSON.parse(await readFile(file, 'utf8')).name
  } catch {
    return file
  }
}
