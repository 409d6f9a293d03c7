import type { Isolation } from '../../schemas/isolation.ts'
import type { CgroupMode } from './cgroup.ts'
import { defaultMounts, MASKED_PATHS, READONLY_PATHS } from './defaults.ts'
import type { OciMount } from './mounts.ts'

interface NamespaceFacts {
  /** Path of the network namespace; null: the host's. */
  netns: string | null
  cgroup: CgroupMode
}

/** runtime-spec §linux.namespaces: a namespace that is not in the list is the host's. */
export function namespacesOf(
  { pid, ipc, uts, cgroup }: Isolation,
  { netns, cgroup: mode }: NamespaceFacts,
): { type: string; path?: string }[] {
  const hasCgroup = cgroup === 'private' || (cgroup === undefined && mode === 'v2')
  return [
    ...(pid === 'host' ? [] : [{ type: 'pid' }]),
    ...(ipc === 'host' ? [] : [{ type: 'ipc' }]),
    ...(uts === 'host' ? [] : [{ type: 'uts' }]),
    { type: 'mount' },
    ...(hasCgroup ? [{ type: 'cgroup' }] : []),
    ...(netns === null ? [] : [{ type: 'network', path: netns }]),
  ]
}

/** What is hidden and protected of /proc and /sys. */
export function protectionOf({ privileged, showsSystem }: Isolation) {
  const isOpen = privileged || showsSystem
  return {
    maskedPaths: isOpen ? [] : MASKED_PATHS,
    readonlyPaths: isOpen ? [] : READONLY_PATHS,
  }
}

/** What is mounted in every container that is kept apart like this. @param shmSize bytes of /dev/shm */
export function baseMountsOf({ privileged, ipc }: Isolation, shmSize?: number): OciMount[] {
  const mounts = defaultMounts(shmSize).filter(
    ({ destination }) => !(ipc === 'none' && destination === '/dev/shm'),
  )
  return mounts.map((mount) => {
    if (privileged && WRITABLE.includes(mount.destination)) return writable(mount)
    // /dev/mqueue is that of the namespace by itself
    return ipc === 'host' && mount.destination === '/dev/shm' ? ofHost(mount) : mount
  })
}

/** moby `oci.WithPrivileged`: what is read-only for everybody else. */
const WRITABLE = ['/sys', '/sys/fs/cgroup']

function writable({ options, ...mount }: OciMount): OciMount {
  return { ...mount, options: [...options.filter((option) => option !== 'ro'), 'rw'] }
}

function ofHost({ destination }: OciMount): OciMount {
  return {
    destination,
    type: 'bind',
    source: destination,
    options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'],
  }
}
