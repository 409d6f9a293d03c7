import { join } from 'node:path'
import { isInside } from '../mountinfo.ts'
import { linkTarget, resolveLinks } from './in-root.ts'
import { lookAtLink } from './look.ts'
import { depth } from './mounts/mounts.ts'
import type { ResolvedMount } from './runtime.ts'

/** A mount, and where it comes to lie, as the task names it. */
export interface PlacedMount {
  mount: ResolvedMount
  place: string
}

/**
 * Where mounts come to lie: symbolic links on the way are followed, those of the image and those in what is mounted
 * before. In the order in which the runtime mounts them.
 */
export async function placeMounts(rootfs: string, mounts: ResolvedMount[]): Promise<PlacedMount[]> {
  const placed: PlacedMount[] = []
  for (const mount of mounts.toSorted((a, b) => depth(a.target) - depth(b.target))) {
    const place = await resolveLinks(mount.target, (path) => linkAt(path, rootfs, placed))
    placed.push({ mount, place })
  }
  return placed
}

/** A mount point is no link, and nothing is in a tmpfs yet. Other mounts may have a server behind them that is silent. */
async function linkAt(path: string, rootfs: string, placed: PlacedMount[]): Promise<string | undefined> {
  const over = placed.findLast(({ place }) => isInside(path, place))
  if (over === undefined) return linkTarget(join(rootfs, path))
  const { mount, place } = over
  if (path === place || mount.type === 'tmpfs') return undefined
  return lookAtLink(join(mount.source, path.slice(place.length)))
}
