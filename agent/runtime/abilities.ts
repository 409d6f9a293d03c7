import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerSpec } from '../../schemas/container.ts'
import { SetpointError } from '../../schemas/error.ts'
import type { Isolation } from '../../schemas/isolation.ts'
import type { ProcessLimits, Resources } from '../../schemas/resources.ts'
import { CGROUP_ROOT, type CgroupMode, countsSwap, hasKnobBelow } from './cgroup/cgroup.ts'
import { capabilitiesIn, capabilitiesOf } from './confinement/capabilities.ts'

/** What this host, and this process on it, can give to containers. */
export interface Abilities {
  cgroup: CgroupMode
  /** The kernel counts swap for cgroups. */
  countsSwap: boolean
  /** The kernel knows shares of block devices (BFQ or io.cost). */
  sharesBlockDevices: boolean
  /** The cores that may be used, as a list: `0-3`. */
  cores: string
  /** The capabilities of this process, which are all that it can give. */
  capabilities: string[]
  /** CAP_SYS_RESOURCE: hard limits may be raised and oom scores lowered. */
  hasSysResource: boolean
  hasAppArmor: boolean
  /** This process's own hard limits by their name in lower case; -1 is no limit. */
  hardLimits: Record<string, number>
  /** This process's own score, which what it starts inherits. */
  oomScoreAdj: number
}

/** Looks at the host once; none of it changes while an agent lives. */
export async function readAbilities(cgroup: CgroupMode): Promise<Abilities> {
  const status = readFileSync('/proc/self/status', 'utf8')
  const capabilities = capabilitiesIn(/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0')
  return {
    cgroup,
    countsSwap: await countsSwap(cgroup),
    sharesBlockDevices: await sharesBlockDevices(cgroup),
    cores: readFileSync('/sys/devices/system/cpu/online', 'utf8').trim(),
    capabilities,
    hasSysResource: capabilities.includes('CAP_SYS_RESOURCE'),
    hasAppArmor: existsSync(APPARMOR) && readFileSync(APPARMOR, 'utf8').startsWith('Y'),
    hardLimits: parseLimits(readFileSync('/proc/self/limits', 'utf8')),
    oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'utf8')),
  }
}

type Asked = Pick<ContainerSpec, 'resources' | 'limits' | 'isolation' | 'capAdd'>

/**
 * Says no before anything is made, in the words of the stack file.
 * @throws SetpointError HOST_UNABLE for the first thing that this host cannot give
 */
export function checkAbilities(
  { resources, limits = {}, isolation = {}, capAdd }: Asked,
  host: Abilities,
): void {
  checkMemory(resources, host)
  checkCores(resources, host)
  if (resources.block?.weight !== undefined || resources.block?.weights) {
    if (!host.sharesBlockDevices) throw unable(...NO_SHARES)
  }
  checkScore(limits, host)
  checkUlimits(limits, host)
  checkCapabilities(capAdd, host)
  checkAppArmor(isolation, host)
}

/** @param what what is asked for and why it cannot be, a sentence without its stop */
export function unable(what: string, hint: string, cause?: unknown): SetpointError {
  return new SetpointError('HOST_UNABLE', `${what.charAt(0).toUpperCase()}${what.slice(1)}.`, {
    hint,
    ...(cause !== undefined && { cause }),
  })
}

const NO_SHARES = [
  'this kernel has no shares of block devices (blkio_config.weight): its scheduler is not BFQ and io.cost is off',
  'Limit the rates in place of it (device_read_bps …), or load bfq: `echo bfq > /sys/block/DEVICE/queue/scheduler`.',
] as const

function checkMemory({ swappiness, oomKillDisable, memorySwap }: Resources, host: Abilities): void {
  if (swappiness !== undefined && host.cgroup === 'v2') {
    throw unable(
      'mem_swappiness cannot be set for one container on cgroup v2',
      'Remove it; memswap_limit with the value of mem_limit keeps a service from swapping.',
    )
  }
  if (oomKillDisable && host.cgroup === 'v2') {
    throw unable(
      'oom_kill_disable does not exist on cgroup v2',
      'Remove it; oom_score_adj makes a service the last one to be ended.',
    )
  }
  if (memorySwap !== undefined && !host.countsSwap) {
    throw unable(
      'this kernel does not count swap for containers (memswap_limit)',
      'Remove it, or boot the host with swapaccount=1 on the kernel command line.',
    )
  }
}

function checkCores({ cpuset }: Resources, { cores }: Abilities): void {
  const there = new Set(coresOf(cores))
  const missing = coresOf(cpuset ?? '').filter((core) => !there.has(core))
  if (missing.length === 0) return
  throw unable(
    `cpuset asks for the cores ${cpuset}, but this host has ${cores}`,
    'Name cores that all hosts have.',
  )
}

/** `0-2,5` as numbers. */
function coresOf(list: string): number[] {
  return list
    .split(',')
    .filter(Boolean)
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
}

function checkScore(
  { oomScoreAdj: wanted }: ProcessLimits,
  { hasSysResource, oomScoreAdj }: Abilities,
): void {
  if (wanted === undefined || wanted >= oomScoreAdj || hasSysResource) return
  throw unable(
    `oom_score_adj asks for ${wanted}, but the agent has ${oomScoreAdj} and may not go below it (CAP_SYS_RESOURCE is missing)`,
    'Ask for a score that is not lower, or start the agent with CAP_SYS_RESOURCE.',
  )
}

function checkUlimits({ ulimits = {} }: ProcessLimits, { hasSysResource, hardLimits }: Abilities): void {
  if (hasSysResource) return
  for (const [name, { hard }] of Object.entries(ulimits)) {
    const own = hardLimits[name] ?? -1
    if (own === -1 || (hard !== -1 && hard <= own)) continue
    throw unable(
      `ulimits asks for a hard ${name} of ${hard === -1 ? 'no limit' : hard}, but the agent has ${own} and may not raise it (CAP_SYS_RESOURCE is missing)`,
      `Ask for at most ${own}, or start the agent with CAP_SYS_RESOURCE.`,
    )
  }
}

function checkCapabilities(added: string[], { capabilities }: Abilities): void {
  const missing = capabilitiesOf(added, ['ALL'], []).filter((name) => !capabilities.includes(name))
  if (missing.length === 0) return
  throw unable(
    `cap_add asks for ${missing.join(', ')}, which the agent itself does not have`,
    'Remove it, or start the agent with it: CapabilityBoundingSet= in its unit, and not in a container.',
  )
}

function checkAppArmor({ apparmor = 'unconfined' }: Isolation, { hasAppArmor }: Abilities): void {
  if (apparmor === 'unconfined' || hasAppArmor) return
  throw unable(
    `security_opt asks for the AppArmor profile ${apparmor}, and this host has no AppArmor`,
    'Remove it, or run the service on a host whose kernel was booted with AppArmor.',
  )
}

/** proc(5) §/proc/pid/limits: the hard limits by setrlimit(2)'s names. */
function parseLimits(text: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(ROWS).map(([name, row]) => {
      const hard = new RegExp(`^${row}\\s+\\S+\\s+(\\S+)`, 'm').exec(text)?.[1]
      return [name, hard === undefined || hard === 'unlimited' ? -1 : Number(hard)]
    }),
  )
}

const ROWS = {
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  locks: 'Max file locks',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
}

const APPARMOR = '/sys/module/apparmor/parameters/enabled'

/**
 * cgroup v1 shows BFQ (or CFQ) in its root; v2 has the weights in every cgroup but the root: io.bfq.weight with BFQ,
 * io.weight with io.cost (cgroup-v2.rst §IO).
 */
async function sharesBlockDevices(cgroup: CgroupMode): Promise<boolean> {
  if (cgroup === 'v2') return hasKnobBelow(['io.bfq.weight', 'io.weight'])
  return ['blkio.weight', 'blkio.bfq.io_serviced'].some((file) =>
    existsSync(join(CGROUP_ROOT, 'blkio', file)),
  )
}
