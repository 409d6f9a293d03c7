import { posix } from 'node:path'
import type { ImageConfig } from '../../../schemas/image.ts'
import type { Mount } from '../../../schemas/volume.ts'
import { isInside } from '../../mountinfo.ts'

/** Nothing is mounted over these, whatever an image says. */
const NEVER = /^\/((dev|proc|sys)(\/.*)?)?$/

/**
 * The mounts of a service with the paths that its image calls volumes (image-spec §config.Volumes): each a volume without
 * a name, as in Docker. Unlike there, a path at or below one that the service mounts is left out: what is written there
 * stays in the volume that has a name.
 */
export function withImageVolumes(mounts: Mount[], { volumes = [] }: ImageConfig): Mount[] {
  const targets = mounts.map(({ target }) => target)
  const paths = [...new Set(volumes.map((path) => posix.resolve('/', path)))]
  const free = paths.filter((path) => !NEVER.test(path) && !targets.some((target) => isInside(path, target)))
  return [
    ...mounts,
    ...free.map((target) => ({ type: 'volume' as const, source: '', target, readOnly: false })),
  ]
}
