import type { BlockLimits, ProcessLimits, Resources } from '../../../schemas/resources.ts'

/** The kernel's scheduling period of a CPU limit, in microseconds. */
const CPU_PERIOD = 100_000
/** RLIM_INFINITY, and what JSON must write for it: JavaScript's numbers are not that exact. */
const UNLIMITED = '18446744073709551615'

export interface BlockDevice {
  major: number
  minor: number
}

/** Block devices of the host by their path. */
export type BlockDevices = Map<string, BlockDevice>

/** Core time in each period, both in microseconds; no quota is no limit. */
export function cpuTimeOf({ cpus, cpuPeriod: period = CPU_PERIOD }: Resources) {
  return { period, ...(cpus !== undefined && { quota: Math.round(cpus * period) }) }
}

/** Memory and swap together in bytes: Docker's default is as much swap as memory; -1 is no limit. */
export function swapOf({ memory, memorySwap }: Resources): number | undefined {
  return memorySwap ?? (memory === undefined ? undefined : 2 * memory)
}

interface LimitFacts {
  cgroup: 'v1' | 'v2' | 'hybrid'
  countsSwap: boolean
  blockDevices: BlockDevices
}

/** runtime-spec §linux.resources, without the devices, and on cgroup v1 without the shares of block devices. */
export function resourcesOf(resources: Resources, { cgroup, countsSwap, blockDevices }: LimitFacts) {
  const { pids, block } = resources
  const memory = memoryOf(resources, countsSwap)
  const cpu = cpuOf(resources)
  return {
    ...(Object.keys(memory).length > 0 && { memory }),
    ...(Object.keys(cpu).length > 0 && { cpu }),
    ...(pids !== undefined && { pids: { limit: pids } }),
    ...(block && {
      blockIO: { ...ratesOf(block, blockDevices), ...(cgroup === 'v2' && sharesOf(block, blockDevices)) },
    }),
  }
}

function memoryOf(resources: Resources, countsSwap: boolean) {
  const { memory, memoryReservation, swappiness, oomKillDisable } = resources
  const swap = swapOf(resources)
  return {
    ...(memory !== undefined && { limit: memory }),
    ...(memoryReservation !== undefined && { reservation: memoryReservation }),
    ...(swap !== undefined && countsSwap && { swap }),
    ...(swappiness !== undefined && { swappiness }),
    ...(oomKillDisable && { disableOOMKiller: true }),
  }
}

function cpuOf(resources: Resources) {
  const { cpus, cpuShares, cpuset } = resources
  return {
    ...(cpus !== undefined && cpuTimeOf(resources)),
    ...(cpuShares !== undefined && { shares: cpuShares }),
    ...(cpuset !== undefined && { cpus: cpuset }),
  }
}

function ratesOf(block: BlockLimits, devices: BlockDevices) {
  const rates = (list: BlockLimits['readBytes'] = []) =>
    list.flatMap(({ path, rate }) => found(devices, path).map((device) => ({ ...device, rate })))
  return {
    ...(block.readBytes && { throttleReadBpsDevice: rates(block.readBytes) }),
    ...(block.writeBytes && { throttleWriteBpsDevice: rates(block.writeBytes) }),
    ...(block.readOperations && { throttleReadIOPSDevice: rates(block.readOperations) }),
    ...(block.writeOperations && { throttleWriteIOPSDevice: rates(block.writeOperations) }),
  }
}

function sharesOf({ weight, weights = [] }: BlockLimits, devices: BlockDevices) {
  const single = weights.flatMap(({ path, weight: share }) =>
    found(devices, path).map((device) => ({ ...device, weight: share })),
  )
  return { ...(weight !== undefined && { weight }), ...(single.length > 0 && { weightDevice: single }) }
}

function found(devices: BlockDevices, path: string): BlockDevice[] {
  const device = devices.get(path)
  return device ? [device] : []
}

/** runtime-spec §process.rlimits; nothing when the service sets none. */
export function rlimitsOf(limits: ProcessLimits | undefined) {
  const { ulimits } = limits ?? {}
  if (!ulimits) return {}
  return {
    rlimits: Object.entries(ulimits).map(([name, { soft, hard }]) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft: limitOf(soft),
      hard: limitOf(hard),
    })),
  }
}

/** A number as it stands in JSON. */
type RawNumber = ReturnType<typeof raw>

function limitOf(value: number): number | RawNumber {
  return value === -1 ? raw(UNLIMITED) : value
}

/** JSON.rawJSON, which TypeScript's library does not know yet. */
function raw(text: string): { readonly rawJSON: string } {
  return (JSON as unknown as { rawJSON(text: string): { rawJSON: string } }).rawJSON(text)
}
