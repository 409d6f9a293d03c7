import { DEFAULT_MOUNTS } from './defaults.ts'
import type { ResolvedMount } from './runtime.ts'

/** The mounts of an OCI config: Docker's own, then the task's, parents before children whatever the order in the stack file. */
export function mountsOf(mounts: ResolvedMount[]) {
  const own = mounts.map((mount) => (mount.type === 'tmpfs' ? tmpfs(mount) : bind(mount)))
  const replaced = new Set(own.map(({ destination }) => destination))
  return [
    ...DEFAULT_MOUNTS.filter(({ destination }) => !replaced.has(destination)),
    ...own.sort((a, b) => depth(a.destination) - depth(b.destination)),
  ]
}

function bind({ source, target, readOnly }: ResolvedMount) {
  return {
    destination: target,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', ...(readOnly ? ['rro'] : ['rw'])],
  }
}

function tmpfs({ target, readOnly, size, mode }: ResolvedMount) {
  return {
    destination: target,
    type: 'tmpfs',
    source: 'tmpfs',
    options: [
      'nosuid',
      'noexec',
      'nodev',
      readOnly ? 'ro' : 'rw',
      `mode=${(mode ?? 0o1777).toString(8)}`,
      ...(size !== undefined && size > 0 ? [`size=${size}`] : []),
    ],
  }
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length
}
