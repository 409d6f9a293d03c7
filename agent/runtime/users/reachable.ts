import { chmod, chown, mkdir, readdir, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { absent } from '../../disk.ts'
import { type Paths, RUN_OF_ALL } from '../../paths.ts'
import { unable } from '../abilities.ts'

/** The folder of the roots of tasks with users of their own: `<run>/roots/<id>`. */
export const rootsOf = (paths: Paths) => join(paths.run, 'roots')

export const reachableOf = (paths: Paths, taskId: string) => join(rootsOf(paths), taskId)

/**
 * A folder that a container's root can get to, and nobody else but root: runtimes enter the root by its path, as a user
 * who has no rights on the host. What else is in the run folder stays closed to all others as before, each folder by itself.
 * @param first the id of the container's root on the host
 * @throws SetpointError HOST_UNABLE when a folder above the run folder lets nobody through
 */
export async function reachableFolder(paths: Paths, taskId: string, first: number): Promise<string> {
  const folder = reachableOf(paths, taskId)
  const others = ['tasks', 'volumes', 'held', 'cni'].map((name) => join(paths.run, name))
  await Promise.all(others.map((other) => mkdir(other, { recursive: true, mode: 0o700 })))
  await mkdir(folder, { recursive: true, mode: 0o711 })
  await chown(folder, 0, first)
  await chmod(folder, 0o710)
  await closeOthers(paths)
  if (dirname(paths.run) === RUN_OF_ALL) await chmod(RUN_OF_ALL, 0o711)
  await chmod(paths.run, 0o711)
  await checkWay(dirname(paths.run))
  return folder
}

/** Takes it away, if nothing is in it. Repeatable. */
export async function removeReachable(paths: Paths, taskId: string): Promise<void> {
  await rmdir(reachableOf(paths, taskId)).catch(absent)
}

/** Name servers read theirs as users of their own where they can, and it tells no more than they do. */
const OPEN = ['roots', 'dns']

async function closeOthers({ run }: Paths): Promise<void> {
  const entries = await readdir(run, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory() && !OPEN.includes(entry.name))
  await Promise.all(folders.map(({ name }) => chmod(join(run, name), 0o700).catch(absent)))
}

async function checkWay(folder: string): Promise<void> {
  if (((await stat(folder)).mode & 0o001) === 0)
    throw unable(
      `userns_mode: auto needs a way to the run folder for all users, and ${folder} lets nobody through`,
      `Let users through it (\`chmod o+x ${folder}\`), or start the agent with another --run.`,
    )
  if (folder !== dirname(folder)) await checkWay(dirname(folder))
}
