import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isInside, type MountPoint, mountOf, parseMounts, readMounts } from '../../mountinfo.ts'
import { bindOnSelfArgv, detachArgv, inView, shareArgv, viewArgv } from '../argv.ts'
import { UNIFIED } from '../cgroup/cgroup.ts'
import { succeed } from '../exec.ts'

/**
 * crun refuses a host on which cgroup v1 and v2 are both mounted. It works in a mount namespace in which v2 is not: the
 * view. `<run>` is made a shared mount first, so that what is mounted below it later is seen in the view as well.
 * Makes the view, or takes up the one that is there, and returns the prefix for commands that are to run in it.
 */
export async function openView(run: string): Promise<string[]> {
  await mkdir(folderOf(run), { recursive: true })
  const mounts = await readMounts()
  if (!mounts.some(({ target, type }) => target === fileOf(run) && type === 'nsfs'))
    await makeView(run, mounts)
  return inView(fileOf(run), run)
}

/**
 * Sees to it that the view shows these host paths as the host does: a file system that was mounted on the host after
 * the view was made is not in it. If one is missing, the view is made anew; containers stay in the one they are in.
 */
export async function showInView(run: string, paths: string[]): Promise<void> {
  const shown = showing.then(() => show(run, paths))
  showing = shown.catch(() => {})
  await shown
}

/** One at a time: what the first one makes, the others need not make again. */
let showing: Promise<void> = Promise.resolve()

async function show(run: string, paths: string[]): Promise<void> {
  const outside = paths.filter((path) => !isInside(path, run))
  if (outside.length === 0) return
  const [mounts, seen] = await Promise.all([
    readMounts(),
    readFile(mountsFileOf(run), 'utf8').catch(none).then(parseMounts),
  ])
  const isSeen = (mount: MountPoint | undefined) =>
    seen.some(
      ({ id, target, device }) => id === mount?.id && target === mount.target && device === mount.device,
    )
  const needed = outside.flatMap((path) => [mountOf(path, mounts), ...mountsBelow(path, run, mounts)])
  if (needed.every(isSeen)) return
  await makeView(run, mounts)
}

/** What a mount of a path takes along; without what comes and goes with every task, which nobody wants to see. */
function mountsBelow(path: string, run: string, mounts: MountPoint[]): MountPoint[] {
  const below = mounts.filter(
    ({ target }) => target !== path && isInside(target, path) && !isInside(target, run),
  )
  return below.filter(({ type }) => type !== 'overlay' && type !== 'nsfs')
}

/** Takes the view away, and the mount that `<run>` was made, with all that is mounted below it. */
export async function releaseView(run: string): Promise<void> {
  const own = (await readMounts()).filter(({ target }) => target === run)
  for (const { target } of own) await succeed(detachArgv(target))
}

async function makeView(run: string, mounts: MountPoint[]): Promise<void> {
  const isMounted = (folder: string) => mounts.some(({ target }) => target === folder)
  if (!isMounted(run)) {
    await succeed(bindOnSelfArgv(run))
    await succeed(shareArgv(run))
  }
  // the file that holds the namespace must not itself be passed on into it
  if (!isMounted(folderOf(run))) await succeed(bindOnSelfArgv(folderOf(run)))
  await writeFile(fileOf(run), '', { flag: 'a' }).catch(heldAlready)
  await makeNamespace(run, mounts)
  await writeFile(mountsFileOf(run), await readFile('/proc/self/mountinfo'))
}

/**
 * What is to be unmounted in the view may go from the host meanwhile, and `umount` then fails. And the kernel lets a
 * namespace be held by a file only where its number is above that of the caller's own (`mnt_ns_loop`); since Linux 6.18
 * each core gives numbers out of a range of its own, so that in a namespace it depends on the core. Both pass.
 */
async function makeNamespace(run: string, mounts: MountPoint[], tries = 20): Promise<void> {
  try {
    await succeed(viewArgv(fileOf(run), unmountedIn(run, mounts)))
  } catch (error) {
    if (tries <= 1) throw error
    await makeNamespace(run, await readMounts(), tries - 1)
  }
}

/**
 * Beside cgroup v2 the roots of images and of other engines' containers: a copy in the view would keep them from going.
 * One that a later mount covers cannot be named, and is left.
 */
function unmountedIn(run: string, mounts: MountPoint[]): string[] {
  const overlays = mounts.filter(
    ({ type, target }, index) =>
      type === 'overlay' &&
      target !== '/' &&
      !isInside(target, run) &&
      !isCovered(target, mounts.slice(index + 1)),
  )
  return [UNIFIED, ...overlays.map(({ target }) => target)]
}

function isCovered(path: string, later: MountPoint[]): boolean {
  return later.some(({ target }) => target !== path && isInside(path, target))
}

const folderOf = (run: string) => join(run, 'view')
const fileOf = (run: string) => join(run, 'view', 'ns')
const mountsFileOf = (run: string) => join(run, 'view', 'mounts')

/** A namespace that is mounted on the file cannot be written, and need not be. */
function heldAlready(error: NodeJS.ErrnoException): void {
  if (!['EACCES', 'EPERM', 'EINVAL', 'EBADF'].includes(error.code ?? '')) throw error
}

/** Without its list a view cannot be trusted to show anything. */
function none(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error
  return ''
}
