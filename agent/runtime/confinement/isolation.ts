import type { Isolation } from '../../../schemas/isolation.ts'
import type { CgroupMode } from '../cgroup/cgroup.ts'
import { defaultMounts, MASKED_PATHS, READONLY_PATHS } from '../defaults.ts'
import type { OciMount } from '../mounts/mounts.ts'

interface NamespaceFacts {
  /** Path of the network namespace; null: the host's. */
  netns: string | null
  cgroup: CgroupMode
  /** Pid of the process whose namespaces are joined. */
  joined?: number | undefined
  /** Path of the namespace of its own users. */
  users?: string | undefined
}

/** runtime-spec §linux.namespaces: a namespace that is not in the list is the host's. */
export function namespacesOf(
  { pid, ipc, uts, cgroup }: Isolation,
  { netns, cgroup: mode, joined, users }: NamespaceFacts,
): { type: string; path?: string }[] {
  const hasCgroup = cgroup === 'private' || (cgroup === undefined && mode === 'v2')
  return [
    ...(users === undefined ? [] : [{ type: 'user', path: users }]),
    ...(pid === 'host' ? [] : [{ type: 'pid', ...pathOf(pid, 'pid', joined) }]),
    ...(ipc === 'host' ? [] : [{ type: 'ipc', ...pathOf(ipc, 'ipc', joined) }]),
    ...(uts === 'host' ? [] : [{ type: 'uts' }]),
    { type: 'mount' },
    ...(hasCgroup ? [{ type: 'cgroup' }] : []),
    ...(netns === null ? [] : [{ type: 'network', path: netns }]),
  ]
}

/** Nothing for a namespace of its own. */
function pathOf(mode: Isolation['pid'], kind: 'pid' | 'ipc', joined: number | undefined): { path?: string } {
  if (typeof mode !== 'object') return {}
  if (joined === undefined) throw new Error(`there is no process whose ${kind} namespace could be joined`)
  return { path: `/proc/${joined}/ns/${kind}` }
}

/** What is hidden and protected of /proc and /sys. */
export function protectionOf({ privileged, showsSystem }: Isolation) {
  const isOpen = privileged || showsSystem
  return {
    maskedPaths: isOpen ? [] : MASKED_PATHS,
    readonlyPaths: isOpen ? [] : READONLY_PATHS,
  }
}

/**
 * What is mounted in every container that is kept apart like this.
 * @param shmSize bytes of /dev/shm
 * @param shm the folder of the host that is /dev/shm, where containers share it
 */
export function baseMountsOf({ privileged, ipc }: Isolation, shmSize?: number, shm?: string): OciMount[] {
  const mounts = defaultMounts(shmSize).filter(
    ({ destination }) => !(ipc === 'none' && destination === '/dev/shm'),
  )
  return mounts.map((mount) => {
    if (privileged && WRITABLE.includes(mount.destination)) return writable(mount)
    // /dev/mqueue is that of the namespace by itself
    if (mount.destination !== '/dev/shm') return mount
    if (shm !== undefined) return ofHost(mount, shm)
    return ipc === 'host' ? ofHost(mount) : mount
  })
}

/** moby `oci.WithPrivileged`: what is read-only for everybody else. */
const WRITABLE = ['/sys', '/sys/fs/cgroup']

function writable({ options, ...mount }: OciMount): OciMount {
  return { ...mount, options: [...options.filter((option) => option !== 'ro'), 'rw'] }
}

function ofHost({ destination }: OciMount, source = destination): OciMount {
  return {
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'],
  }
}
