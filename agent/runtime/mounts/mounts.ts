import { release } from 'node:os'
import type { ResolvedMount } from '../runtime.ts'

/** A mount as the OCI config has it (runtime-spec §mounts). */
export interface OciMount {
  destination: string
  type: string
  source: string
  options: string[]
}

/**
 * The mounts of an OCI config: Docker's own, then the task's, parents before children whatever the order in the stack
 * file.
 * @param base what every container has, unless the task mounts something else there
 * @param kernel its version: mounts below a mount can be made read-only with it since 5.12
 */
export function mountsOf(base: OciMount[], mounts: ResolvedMount[], kernel = release()): OciMount[] {
  const own = mounts.map((mount) => (mount.type === 'tmpfs' ? tmpfs(mount) : bind(mount, kernel)))
  const replaced = new Set(own.map(({ destination }) => destination))
  return [
    ...base.filter(({ destination }) => !replaced.has(destination)),
    ...own.sort((a, b) => depth(a.destination) - depth(b.destination)),
  ]
}

/**
 * How the container's mounts are tied to the host's. A mount can only be shared with the host, or follow it, when the
 * root does not cut the ties before (runtime-spec §rootfsPropagation; as Docker chooses it).
 */
export function rootPropagationOf(mounts: ResolvedMount[]): 'rprivate' | 'rslave' | 'shared' {
  const asked = new Set(mounts.map(({ propagation = '' }) => propagation.replace(/^r/, '')))
  if (asked.has('shared')) return 'shared'
  return asked.has('slave') ? 'rslave' : 'rprivate'
}

/** True when mounts below a mount can be made read-only with it: mount_setattr(2). */
function hasRecursiveReadOnly(kernel = release()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10))
  return major > 5 || (major === 5 && minor >= 12)
}

function bind(mount: ResolvedMount, kernel: string) {
  const { source, target, readOnly, propagation, recursive, options = [] } = mount
  const allReadOnly = recursive === 'readonly' || (recursive === undefined && hasRecursiveReadOnly(kernel))
  const readOnlyOption = allReadOnly ? 'rro' : 'ro'
  return {
    destination: target,
    type: 'bind',
    source,
    options: [
      recursive === 'disabled' ? 'bind' : 'rbind',
      propagation ?? 'rprivate',
      readOnly ? readOnlyOption : 'rw',
      ...options,
    ],
  }
}

/** Docker's defaults for a tmpfs; of an option and its opposite the one that the service asks for counts. */
const TMPFS_DEFAULTS = ['nosuid', 'noexec', 'nodev']

function tmpfs({ target, readOnly, size, mode, options = [] }: ResolvedMount) {
  return {
    destination: target,
    type: 'tmpfs',
    source: 'tmpfs',
    options: [
      ...TMPFS_DEFAULTS.filter((option) => !options.includes(option.slice('no'.length))),
      readOnly ? 'ro' : 'rw',
      `mode=${(mode ?? 0o1777).toString(8)}`,
      ...(size !== undefined && size > 0 ? [`size=${size}`] : []),
      ...options,
    ],
  }
}

export function depth(path: string): number {
  return path.split('/').filter(Boolean).length
}
