import type { ProcessLimits, Resources } from '../../../../schemas/resources.ts'
import { type Cursor, entriesOf, expected, fail, fields, itemsOf, suggestion } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { sortBy } from '../../order.ts'
import { quote } from '../../yaml/node.ts'
import { boolean, hostDevice, integer, size, text } from '../values.ts'
import { cpus, memory, pids, reservedMemory } from './deploy.ts'

/** The readers of the keys that limit a service. */
export const limitKeys = {
  mem_limit: memory,
  mem_reservation: reservedMemory,
  memswap_limit: memorySwap,
  mem_swappiness: swappiness,
  oom_kill_disable: boolean,
  oom_score_adj: integer(-1000, 1000),
  cpus,
  cpu_shares: cpuShares,
  cpu_period: microseconds(1_000_000),
  cpu_quota: microseconds(Number.MAX_SAFE_INTEGER),
  cpuset,
  pids_limit: pids,
  blkio_config: blockLimits,
  ulimits,
  shm_size: size,
}

const SHARES_BOUND = 262_144

/** Compose Specification §cpu_shares; 0 is the default. The kernel's own bounds are 2 and 262,144. */
export function cpuShares(cursor: Cursor): number | undefined {
  const value = integer(0, SHARES_BOUND)(cursor)
  return value ? Math.max(2, value) : undefined
}

/** Compose Specification §cpu_period and §cpu_quota; microseconds, 0 and -1 are the default. */
function microseconds(maximum: number) {
  return (cursor: Cursor): number | undefined => {
    const value = integer(-1)(cursor)
    if (value === undefined || value <= 0) return undefined
    if (value >= 1_000 && value <= maximum) return value
    return expected(cursor, `microseconds from 1000 to ${maximum}`)
  }
}

const CORES_BOUND = 8192

/** Compose Specification §cpuset: `0-3` or `0,2`, as in cpuset(7). */
export function cpuset(cursor: Cursor): string | undefined {
  const value = text(cursor)?.replaceAll(' ', '')
  if (value === undefined || value === '') return undefined
  return value.split(',').every(isRange) ? value : expected(cursor, 'numbers of cores, as in 0-3 or 0,2')
}

function isRange(part: string): boolean {
  const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? []
  return first !== undefined && Number(first) <= Number(last) && Number(last) < CORES_BOUND
}

/** Compose Specification §mem_swappiness: 0 to 100; -1 is the default, as in Docker. */
export function swappiness(cursor: Cursor): number | undefined {
  const value = integer(-1, 100)(cursor)
  return value === -1 ? undefined : value
}

/** Compose Specification §memswap_limit, in bytes; -1 is no limit, 0 the default. */
export function memorySwap(cursor: Cursor): number | undefined {
  return integer(-1)(cursor) || undefined
}

const ULIMITS =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' ')

/** Compose Specification §ulimits: one number for both limits, or each of them; -1 is no limit. */
export function ulimits(cursor: Cursor): ProcessLimits['ulimits'] {
  const read = (entriesOf(cursor) ?? []).flatMap(([name, inner]) => {
    const limit = ULIMITS.includes(name) ? ulimit(inner) : unknownUlimit(inner, name)
    return limit ? [[name, limit] as const] : []
  })
  return read.length > 0 ? Object.fromEntries(sortBy(read, ([name]) => name)) : undefined
}

function unknownUlimit(at: Cursor, name: string): undefined {
  const near = suggestion(at, name, ULIMITS)
  const advice = near === undefined ? `there are ${ULIMITS.join(', ')}` : `did you mean ${near}?`
  return fail(at, `${quote(name)} is no limit of the kernel; ${advice}`)
}

function ulimit(at: Cursor): { soft: number; hard: number } | undefined {
  if (at.node.kind !== 'map') {
    const both = integer(-1)(at)
    return both === undefined ? undefined : { soft: both, hard: both }
  }
  const { soft, hard } = fields(at, { soft: integer(-1), hard: integer(-1) })
  if (soft === undefined || hard === undefined) return undefined
  if (hard === -1 || (soft !== -1 && soft <= hard)) return { soft, hard }
  return fail(at, `soft is ${soft === -1 ? 'no limit' : soft}, which is more than hard, ${hard}`)
}

/** Compose Specification §blkio_config; the weight 0 is none. */
function blockLimits(cursor: Cursor): Resources['block'] {
  const read = fields(cursor, {
    weight,
    weight_device: perDevice('weight', weight),
    device_read_bps: perDevice('rate', rate),
    device_write_bps: perDevice('rate', rate),
    device_read_iops: perDevice('rate', rate),
    device_write_iops: perDevice('rate', rate),
  })
  const block: NonNullable<Resources['block']> = defined({
    weight: read.weight,
    weights: read.weight_device,
    readBytes: read.device_read_bps,
    writeBytes: read.device_write_bps,
    readOperations: read.device_read_iops,
    writeOperations: read.device_write_iops,
  })
  return Object.keys(block).length > 0 ? block : undefined
}

function weight(cursor: Cursor): number | undefined {
  const value = integer(0)(cursor)
  if (value === undefined || value === 0) return undefined
  return value >= 10 && value <= 1000 ? value : expected(cursor, 'a weight from 10 to 1000')
}

const rate = integer(0)

/** A list of devices with a number each; none is undefined. */
function perDevice<K extends 'rate' | 'weight'>(key: K, read: (at: Cursor) => number | undefined) {
  return (cursor: Cursor): ({ path: string } & Record<K, number>)[] | undefined => {
    const found = (itemsOf(cursor) ?? []).flatMap((item) => {
      const { path, [key]: value } = fields(item, { path: hostDevice, [key]: read }) as {
        path?: string
      } & Partial<Record<K, number>>
      return path === undefined || !value
        ? []
        : [{ path, [key]: value } as { path: string } & Record<K, number>]
    })
    return found.length > 0 ? sortBy(found, ({ path }) => path) : undefined
  }
}
