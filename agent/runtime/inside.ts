import { readlink } from 'node:fs/promises'
import type { Paths } from '../paths.ts'
import { type CgroupMode, cgroupPath } from './cgroup/cgroup.ts'
import { cgroupProcesses } from './cgroup/processes.ts'

/** A container and the host's pid of its process. */
export interface Inside {
  id: string
  pid: number
}

/**
 * Whether a pid that was written down is still something that was run in the container: it may have passed to another
 * process. That is in the container's pid namespace; where it is the host's own, as with `pid: host`, only its cgroup tells.
 */
export async function isInside(
  pid: number,
  container: Inside,
  { cgroup, paths }: { cgroup: CgroupMode; paths: Paths },
): Promise<boolean> {
  if (!(pid > 0) || pid === container.pid) return false
  const [own, its, ours] = await Promise.all([pid, container.pid, process.pid].map(pidNamespace))
  if (own === undefined || own !== its) return false
  if (own !== ours) return true
  return (await cgroupProcesses(cgroup, cgroupPath(paths.instance, container.id))).includes(pid)
}

async function pidNamespace(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined)
}
