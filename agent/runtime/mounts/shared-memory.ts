import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readMounts } from '../../mountinfo.ts'
import type { Paths } from '../../paths.ts'
import { detachArgv, memoryArgv } from '../argv.ts'
import { succeed } from '../exec.ts'
import type { Container } from '../runtime.ts'

/**
 * The folder that is /dev/shm of a container which shares it: with `shareable` a new and empty one on the host, as in
 * Docker, since what a container mounts for itself nobody else can. Undefined where it has its own, or the host's.
 */
export async function sharedMemory(paths: Paths, { task, joined }: Container): Promise<string | undefined> {
  const { isolation, limits } = task.container
  if (typeof isolation?.ipc === 'object' && joined) return folderOf(paths, joined.taskId)
  if (isolation?.ipc !== 'shareable') return undefined
  await removeSharedMemory(paths, task.id)
  const folder = folderOf(paths, task.id)
  await mkdir(folder, { recursive: true })
  await succeed(memoryArgv(folder, limits?.shmSize))
  return folder
}

/** Containers that still run keep what they have of it. Repeatable. */
export async function removeSharedMemory(paths: Paths, taskId: string): Promise<void> {
  const folder = folderOf(paths, taskId)
  const mounted = (await readMounts()).filter(({ target }) => target === folder)
  for (const { target } of mounted) await succeed(detachArgv(target))
  // only an empty folder goes: if something is mounted there after all, nothing in it is deleted
  await rmdir(folder).catch(notThere)
}

const folderOf = (paths: Paths, taskId: string) => join(paths.taskRun(taskId), 'shm')

function notThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
