import { createHash } from 'node:crypto'
import { mkdir, rmdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { absent } from '../disk.ts'
import { bindArgv } from '../runtime/argv.ts'
import { run } from '../runtime/exec.ts'
import { mountFailure } from './failure.ts'
import { plainWords } from './mount-line.ts'
import { mountAt, namesIn, unmountFolder } from './mounted.ts'

interface HeldMount {
  taskId: string
  /** The mount's target in the container. */
  target: string
  /** What is held: a path that nobody changes, or one of /proc that stands for a handle. */
  source: string
  isFolder: boolean
}

/**
 * Folders and files held in place for a task, at `<run>/held/<task>/<hash of the target>`: a mount that is made here is
 * of the very thing that was looked at, and the runtime finds it by a path that no container can touch.
 * What is mounted below the source is not taken along.
 */
export function createHeldMounts(folder: string) {
  const placeOf = ({ taskId, target }: Pick<HeldMount, 'taskId' | 'target'>) =>
    join(folder, taskId, createHash('sha256').update(target).digest('hex').slice(0, 12))

  return {
    /** @throws SetpointError MOUNT_FAILED */
    async hold(mount: HeldMount): Promise<string> {
      const place = placeOf(mount)
      await letGo(place)
      await mkdir(mount.isFolder ? place : join(folder, mount.taskId), { recursive: true })
      if (!mount.isFolder) await writeFile(place, '')
      const { exitCode, stderr } = await run(bindArgv(mount.source, place))
      if (exitCode === 0) return place
      throw mountFailure(
        `What is to be mounted at ${mount.target} cannot be held in place: ${plainWords(stderr)}.`,
      )
    },

    /** Lets go of what no task needs. @throws SetpointError MOUNT_FAILED */
    async release(inUse: (taskId: string) => boolean): Promise<void> {
      for (const taskId of await namesIn(folder)) {
        if (inUse(taskId)) continue
        const home = join(folder, taskId)
        for (const name of await namesIn(home)) await letGo(join(home, name))
        await rmdir(home).catch(absent)
      }
    },
  }
}

/** The place is a file where a file was held. Only what is empty goes. */
async function letGo(place: string): Promise<void> {
  if (await mountAt(place)) await unmountFolder(place).catch(notAFolder)
  await rmdir(place).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') await unlink(place)
    else absent(error)
  })
}

function notAFolder(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTDIR') throw error
}
