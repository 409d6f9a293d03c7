import type { TaskFacts } from '../../schemas/task.ts'
import type { MountPoint } from '../mountinfo.ts'
import type { Networks } from '../network/networks.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Subject } from '../task/repair/findings.ts'
import { foundMounts, lowerdirOf, type MountReader } from './mounts.ts'

/** Who can tell of the kernel's side of a task. */
export interface FactParts {
  runtime: Pick<Runtime, 'limits' | 'settingsNow'>
  networks: Pick<Networks, 'forwardings' | 'addressesOf'>
  mounts: MountReader
}

/** What is read once for all tasks. */
export interface SharedFacts {
  host: MountPoint[]
  forwardings: Map<string, string[]>
}

const HOST = 'self'

export async function readShared({ networks, mounts }: FactParts): Promise<SharedFacts> {
  const forwardings = await networks.forwardings()
  return { host: mounts.read(HOST) ?? [], forwardings }
}

/** Forgets the mount tables of all processes but those of these tasks and the agent's own. */
export function keepMounts(mounts: MountReader, subjects: Subject[]): void {
  mounts.keep(new Set([HOST, ...subjects.map(({ pid }) => String(pid))]))
}

/**
 * What the kernel shows of a task; undefined when its process has just ended. A process may rename itself or execute
 * another program: as long as it is the one that was started, its argv counts.
 */
export async function readFacts(
  { id, pid, wanted, imageRoot }: Subject,
  { host, forwardings }: SharedFacts,
  { runtime, networks, mounts }: FactParts,
): Promise<TaskFacts | undefined> {
  const [limits, addresses] = await Promise.all([
    runtime.limits(id),
    wanted.addresses.length > 0 ? networks.addressesOf(id) : [],
  ])
  const inside = mounts.read(String(pid))
  if (inside === undefined) return undefined // it has ended meanwhile
  const lower = lowerdirOf(inside)
  return {
    running: true,
    argv: wanted.argv,
    image: lower === imageRoot ? wanted.image : (lower ?? 'unknown'),
    memory: limits?.memory ?? null,
    cpus: limits?.cpus ?? null,
    pids: limits?.pids ?? null,
    ...(wanted.limits && { limits: runtime.settingsNow(id, wanted.limits) }),
    mounts: foundMounts(wanted.mounts, { inside, host }),
    addresses,
    ports: forwardings.get(id) ?? [],
  }
}
