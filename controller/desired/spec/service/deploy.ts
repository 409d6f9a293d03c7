import type { Resources } from '../../../../schemas/resources.ts'
import type { UpdatePolicy } from '../../../../schemas/stack.ts'
import { type Cursor, expected, fail, fields, type Reader, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { textAt, valueAt } from '../../yaml/node.ts'
import { duration, integer, number, oneOf, size, text } from '../values.ts'
import { requests } from './devices.ts'
import { restartPolicy } from './restart.ts'

/** Compose Deploy Specification, as Swarm reads it. */
export function deploy(cursor: Cursor) {
  const read = fields(cursor, {
    mode,
    replicas,
    resources,
    update_config: updateConfig,
    restart_policy: restartPolicy,
    endpoint_mode: oneOf('vip', 'dnsrr'),
  })
  const devices = valueAt(cursor.node, ...DEVICES) && requests(within(cursor, ...DEVICES))
  return { ...read, ...(devices && { devices }) }
}

const DEVICES = ['resources', 'reservations', 'devices']

/** The most tasks of one service; each is a slot that the controller plans. */
const MAX_REPLICAS = 1000

/** `deploy.replicas` and `scale`; that they are not negative is checked of every project. */
export function replicas(cursor: Cursor): number | undefined {
  const value = integer(Number.MIN_SAFE_INTEGER)(cursor)
  if (value === undefined || value <= MAX_REPLICAS) return value
  return fail(
    cursor,
    `is ${value}, but a service has at most ${MAX_REPLICAS} replicas; split it into several`,
  )
}

function mode(cursor: Cursor): 'replicated' | 'global' | undefined {
  const value = text(cursor)
  if (value === 'replicated-job' || value === 'global-job') {
    return fail(
      cursor,
      `not honoured yet: the mode ${value}; write restart: on-failure on a replicated service`,
    )
  }
  return oneOf('replicated', 'global')(cursor)
}

function resources(cursor: Cursor): Resources {
  const read = fields(cursor, {
    limits: (inner) => fields(inner, { cpus, memory: limited(size), pids }),
    reservations: (inner) => fields(inner, { cpus: cores, memory: size }),
  })
  const { cpus: reserved, memory: reservation } = read.reservations ?? {}
  return {
    ...limits({ ...read.limits, reservation }),
    ...(reserved ? { cpuShares: sharesOf(reserved) } : {}),
  }
}

/** The weight of a request for cores, as Kubernetes has it: 1024 a core, within the kernel's bounds. */
function sharesOf(cores: number): number {
  return Math.min(262_144, Math.max(2, Math.round(cores * 1024)))
}

interface Limits {
  cpus?: number | undefined
  memory?: number | undefined
  pids?: number | undefined
  reservation?: number | undefined
}

/** Canonical resources: zero, and -1 for pids, mean no limit. */
export function limits({ cpus, memory, pids, reservation }: Limits): Resources {
  return defined({
    cpus: cpus || undefined,
    memory: memory || undefined,
    memoryReservation: reservation || undefined,
    pids: pids && pids > 0 ? pids : undefined,
  })
}

const cores = number(0, 1_000_000)

/** The least that Docker takes; the kernel takes no less than a millisecond of each 100. */
const LEAST_CORES = 0.01
const LEAST_MEMORY = 6 * 1024 * 1024

/** Cores, `0.5` or `"0.5"`; 0 is no limit. */
export function cpus(cursor: Cursor): number | undefined {
  const value = cores(cursor)
  return value && value < LEAST_CORES ? expected(cursor, `${LEAST_CORES} or more, or 0 for no limit`) : value
}

/** Compose Specification §mem_limit; -1 and 0 are no limit. */
export const memory = limited(reservedMemory)

function limited(read: Reader<number>): Reader<number> {
  return (cursor) => {
    const value = read(cursor)
    return value && value < LEAST_MEMORY ? expected(cursor, '6m or more, or 0 for no limit') : value
  }
}

/** Compose Specification §mem_reservation; -1 and 0 are none. */
export function reservedMemory(cursor: Cursor): number | undefined {
  return textAt(cursor.node) === '-1' ? 0 : size(cursor)
}

/** A number of processes; -1 and 0 are no limit. */
export const pids = integer(-1)

function updateConfig(cursor: Cursor): Partial<UpdatePolicy> {
  const read = fields(cursor, {
    parallelism: integer(0),
    delay: duration,
    failure_action: oneOf('rollback', 'pause', 'continue'),
    monitor: duration,
    max_failure_ratio: number(0, 1),
    order: oneOf('stop-first', 'start-first'),
  })
  const { parallelism, delay, monitor, order } = read
  return defined({
    parallelism,
    delay,
    monitor,
    order,
    maxFailureRatio: read.max_failure_ratio,
    failureAction: read.failure_action,
  })
}
