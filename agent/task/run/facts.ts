import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describePort } from '../../../schemas/port.ts'
import type { Resources } from '../../../schemas/resources.ts'
import type { Task, TaskFacts, TaskStatus } from '../../../schemas/task.ts'
import { lookAt } from '../../runtime/look.ts'
import { type PlacedMount, placeMounts } from '../../runtime/mount-places.ts'
import type { ResolvedMount } from '../../runtime/runtime.ts'
import type { Prepared } from '../entry.ts'
import { withImageVolumes } from './image-volumes.ts'

/** Memory limits are kept by the kernel in whole pages. */
const PAGE = 4096
/** A CPU limit is kept as whole microseconds of a period, by default this one. */
const CPU_PERIOD = 100_000

/** What a look into the kernel must find of a task that was set up like this, in the form that `observe` reads back. */
export async function factsOf(
  task: Task,
  prepared: Prepared,
  {
    argv,
    addresses,
    ports,
  }: { argv: string[]; addresses: string[]; ports?: TaskStatus['ports'] | undefined },
): Promise<TaskFacts> {
  const { resources, contents = [] } = task.container
  const mounts = withImageVolumes(task.container.mounts, prepared.image.config)
  const named = new Set(mounts.map(({ target }) => target))
  const made = new Set(contents.map(({ target }) => target))
  const placed = await placeMounts(prepared.rootfs, prepared.mounts)
  const own = placed.filter(({ mount: { target } }) => named.has(target) || made.has(target))
  const describe = async ({ mount, place }: PlacedMount) => {
    const source = await (made.has(mount.target) ? realContent(mount) : realSource(mount))
    return `${place}=${source}${mount.readOnly ? ':ro' : ''}`
  }
  return {
    running: true,
    argv,
    image: prepared.image.id,
    memory: resources.memory ? resources.memory - (resources.memory % PAGE) : null,
    cpus: coresOf(resources),
    pids: resources.pids ?? null,
    // `target=source[:ro]`, both without symbolic links, as the kernel names them: those of the target are the task's
    mounts: (await Promise.all(own.map(describe))).sort(),
    addresses,
    ports: prepared.netns === null ? [] : (ports ?? task.container.ports.map(describePort)).toSorted(),
  }
}

/** `network=address`, sorted. */
export function describeAddresses({ addresses, addresses6 = {} }: TaskStatus): string[] {
  return [...Object.entries(addresses), ...Object.entries(addresses6)]
    .map(([network, address]) => `${network}=${address}`)
    .sort()
}

function coresOf({ cpus, cpuPeriod: period = CPU_PERIOD }: Resources): number | null {
  return cpus ? Math.round(cpus * period) / period : null
}

/** Content lies in the agent's own folders. */
function realContent({ source }: ResolvedMount): Promise<string> {
  return realpath(source).catch(() => source)
}

/** A mount point itself is not looked at: that may take until its server answers. */
async function realSource({ type, source, isMountPoint }: ResolvedMount): Promise<string> {
  if (type === 'tmpfs') return type
  if (!isMountPoint) return (await lookAt(source))?.real ?? source
  return join(await realpath(dirname(source)), basename(source))
}
