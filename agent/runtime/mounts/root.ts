import { existsSync, type Stats } from 'node:fs'
import { chmod, chown, mkdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { OWN_USERS } from '../../../schemas/isolation.ts'
import { type MountPoint, readMounts } from '../../mountinfo.ts'
import type { Paths } from '../../paths.ts'
import { detachArgv, unmountArgv } from '../argv.ts'
import { type Result, run } from '../exec.ts'
import { explain } from '../explain.ts'
import { reachableFolder, reachableOf, removeReachable } from '../users/reachable.ts'
import type { Users } from '../users/users.ts'
import type { MountOverlay } from './batch.ts'

const ROOT = 'rootfs'

/** Where a task's writable root may be mounted. */
function rootsOf(paths: Paths, taskId: string): string[] {
  const folders = [paths.taskRun(taskId), reachableOf(paths, taskId)]
  return folders.filter((folder) => existsSync(folder)).map((folder) => join(folder, ROOT))
}

/**
 * Mounts a task's writable layer (`<state>/tasks/<id>/upper`) over an image. One that is mounted over the same image is
 * taken as it is; after a reboot what the task had written is there again.
 * @param image where it is mounted, and whose users the container has, when it has its own
 */
export async function mountOverlay(
  { paths, mount }: { paths: Paths; mount: MountOverlay },
  taskId: string,
  { root: imageRoot, users }: { root: string; users?: Users | undefined },
): Promise<string> {
  const target = users
    ? join(await reachableFolder(paths, taskId, users.first), ROOT)
    : join(paths.taskRun(taskId), ROOT)
  const mounted = await overlayAt(target)
  if (mounted && lowerOf(mounted) === imageRoot) return target
  if (mounted) await unmount(target)
  const upper = join(paths.task(taskId), 'upper')
  const work = join(paths.task(taskId), 'work')
  await Promise.all([target, work].map((folder) => mkdir(folder, { recursive: true })))
  await makeUpper(upper, await rootFolder(imageRoot), users)
  const result = await mount({ lower: imageRoot, upper, work, target })
  if (result.exitCode !== 0) throw mountError(taskId, result)
  return target
}

/** True when something is mounted at a task's root. */
export async function isRootMounted(target: string): Promise<boolean> {
  return (await overlayAt(target)) !== undefined
}

/** Unmounts a task's root and removes its writable layer. Repeatable. */
export async function removeOverlay(paths: Paths, taskId: string): Promise<void> {
  for (const target of rootsOf(paths, taskId)) {
    while (await overlayAt(target)) await unmount(target)
    // only an empty folder goes: if something is mounted there after all, nothing in it is deleted
    await rmdir(target).catch(notThere)
  }
  await removeReachable(paths, taskId)
  await Promise.all(
    ['upper', 'work'].map((name) => rm(join(paths.task(taskId), name), { recursive: true, force: true })),
  )
}

/** The paths go into mount's comma-separated options as they are. @throws SetpointError MOUNT_FAILED */
export function checkFolders(paths: Paths): void {
  const bad = [paths.state, paths.run].find((path) => /[,:\\"\s]/.test(path))
  if (bad === undefined) return
  throw new SetpointError('MOUNT_FAILED', `overlayfs cannot be used below ${JSON.stringify(bad)}.`, {
    hint: 'Choose a state folder whose path has no comma, colon, quote, backslash or space.',
  })
}

/**
 * The upper folder's own mode and owner are what the container sees of its `/`. containers-storage moves the ids of all
 * layers, and not of the uppermost folder (1.43).
 */
async function makeUpper(upper: string, { uid, gid, mode }: Stats, users?: Users): Promise<void> {
  if ((await mkdir(upper, { recursive: true })) === undefined) return
  const moved = (id: number) => (users && id < OWN_USERS ? users.first + id : id)
  await chown(upper, moved(uid), moved(gid))
  await chmod(upper, mode & 0o7777)
}

async function rootFolder(imageRoot: string): Promise<Stats> {
  return stat(imageRoot).catch((cause) => {
    throw new SetpointError('RUNTIME_FAILED', `The image is not mounted at ${imageRoot}.`, {
      hint: 'It is mounted again at the next try; if it is not, see `buildah images` and `df -h`.',
      cause,
    })
  })
}

function mountError(taskId: string, result: Result): SetpointError {
  const error = explain(`The root of task ${taskId} cannot be mounted`, result.stderr)
  if (error.code === 'DISK_FULL') return error
  return new SetpointError('MOUNT_FAILED', error.message, {
    hint: 'The state folder must lie on a file system that overlayfs can write to (ext4, xfs, btrfs; not NFS or another overlay).',
  })
}

/** A mount that some process still looks at goes out of sight now and away when that one lets go. */
async function unmount(target: string): Promise<void> {
  if ((await run(unmountArgv(target))).exitCode === 0) return
  const lazily = await run(detachArgv(target))
  if (lazily.exitCode !== 0) throw explain(`${target} cannot be unmounted`, lazily.stderr)
}

async function overlayAt(target: string): Promise<MountPoint | undefined> {
  return (await readMounts()).findLast((mount) => mount.target === target)
}

function lowerOf({ options }: MountPoint): string | undefined {
  return options.find((option) => option.startsWith('lowerdir='))?.slice('lowerdir='.length)
}

function notThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
