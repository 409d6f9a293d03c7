import { chown, stat } from 'node:fs/promises'
import { release } from 'node:os'
import { SetpointError } from '../../../schemas/error.ts'
import { OWN_USERS } from '../../../schemas/isolation.ts'
import type { Task } from '../../../schemas/task.ts'
import { isInside, readMounts } from '../../mountinfo.ts'
import { unable } from '../abilities.ts'
import type { Context } from '../context.ts'
import type { Container, ResolvedMount, RuntimeInfo } from '../runtime.ts'
import type { User } from './accounts.ts'
import type { Users } from './users.ts'

/**
 * The mounts of a container with users of its own, made so that it sees the owners as without. Files that the agent has
 * made for this container alone are given to its users; whatever others see as well is mounted with its ids moved up.
 * @throws SetpointError HOST_UNABLE for what cannot be
 */
export async function forUsers({ paths, info }: Context, container: Container): Promise<ResolvedMount[]> {
  const { users, mounts } = container
  if (users === undefined) return mounts
  const isOwn = ({ source, isMountPoint }: ResolvedMount) => isInside(source, paths.run) && !isMountPoint
  const binds = mounts.filter(({ type }) => type === 'bind')
  const others = binds.filter((mount) => !isOwn(mount))
  if (others.length > 0) checkRuntime(info, others[0] as ResolvedMount)
  await checkNothingBelow(others)
  for (const { source } of binds.filter(isOwn)) await giveTo(users, source)
  return mounts.map((mount) =>
    others.includes(mount) ? { ...mount, options: [...(mount.options ?? []), moved(users)] } : mount,
  )
}

/**
 * What needs no look at an image, before anything of the task is made.
 * @throws SetpointError HOST_UNABLE
 */
export function checkUsers({ container: { mounts, contents = [] } }: Task, info: RuntimeInfo): void {
  checkHost(info)
  const content = contents.find(({ kind }) => kind !== 'secret')
  const mount = mounts.find(({ type }) => type !== 'tmpfs')
  if (mount) checkRuntime(info, mount)
  if (content) checkRuntime(info, { source: 'content of the repository', target: content.target })
}

/** @throws SetpointError RUNTIME_FAILED for a user whom the container does not have */
export function checkUser({ uid, gid, additionalGids }: User, users: Users | undefined): void {
  const missing = [uid, gid, ...additionalGids].find((id) => id >= OWN_USERS)
  if (users === undefined || missing === undefined) return
  throw new SetpointError(
    'RUNTIME_FAILED',
    `The container has the users and groups 0 to ${OWN_USERS - 1} (userns_mode: auto), and ${missing} is none of them.`,
    { hint: 'Name another `user`, or remove userns_mode.' },
  )
}

/**
 * Gives conmon's pipes to the container's user, who may open /dev/stdout then. crun would do that, but gives the host's
 * /dev/null away with them (crun 1.8, before 1.23), and is not told of the ids for that reason.
 * @param pid of the container's process, before it is started
 */
export async function giveOutput(pid: number, { uid, gid }: User, { first }: Users): Promise<void> {
  for (const descriptor of [0, 1, 2]) {
    const path = `/proc/${pid}/fd/${descriptor}`
    if ((await stat(path)).isFIFO()) await chown(path, first + uid, first + gid)
  }
}

/** Once: who has an id of the range already keeps it. */
async function giveTo({ first }: Users, file: string): Promise<void> {
  const { uid, gid } = await stat(file)
  if (uid < OWN_USERS && gid < OWN_USERS) await chown(file, first + uid, first + gid)
}

/** crun(1) §idmap mount options: the file system's ids, what they become, how many. */
const moved = ({ first }: Users) => `idmap=uids=0-${first}-${OWN_USERS};gids=0-${first}-${OWN_USERS}`

/** Linux 5.19: overlayfs over mounts with moved ids. crun 1.8 has all options that are used here. */
function checkHost({ name, version }: RuntimeInfo, kernel = release()): void {
  if (!isAtLeast(kernel, 5, 19))
    throw unable(
      `userns_mode: auto needs Linux 5.19, and this host has ${kernel}`,
      'Remove it, or run the service on a host with a newer kernel.',
    )
  if (name === 'crun' && !isAtLeast(version, 1, 8))
    throw unable(
      `userns_mode: auto needs crun 1.8, and this host has ${version}`,
      'Update crun on the host, or remove userns_mode.',
    )
}

function isAtLeast(version: string, wantedMajor: number, wantedMinor: number): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

function checkRuntime(
  { name, version }: RuntimeInfo,
  { target, source }: Pick<ResolvedMount, 'source' | 'target'>,
): void {
  if (name === 'crun') return
  throw unable(
    `with userns_mode: auto the owners in ${source}, mounted at ${target}, have to be moved, and runc ${version} cannot do that`,
    'Run the service with crun (runtime: crun, or the agent with --runtime crun), or remove userns_mode.',
  )
}

/** What is mounted below would not be taken along, and its files be nobody's. */
async function checkNothingBelow(mounts: ResolvedMount[]): Promise<void> {
  if (mounts.length === 0) return
  const there = await readMounts()
  for (const { source, recursive } of mounts) {
    if (recursive === 'disabled') continue
    const below = there.find(({ target }) => target !== source && isInside(target, source))
    if (below === undefined) continue
    throw unable(
      `${below.target} is mounted below ${source}, and with userns_mode: auto mounts below a mount are not taken along`,
      'Mount it by itself under `volumes`, or leave it out with bind.recursive: disabled.',
    )
  }
}
