import { parseDuration } from '../../../../schemas/duration.ts'
import type {
  CommandHealthcheck,
  HealthTimes,
  NetworkHealthcheck,
  SomeHealthTimes,
} from '../../../../schemas/healthcheck.ts'
import { type Cursor, expected, fail, fields, notice, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { textAt } from '../../yaml/node.ts'
import { boolean, duration, integer, listOf, text } from '../values.ts'
import { networkProbe } from './network-probe.ts'

/** Docker's defaults (Dockerfile reference, HEALTHCHECK), in milliseconds. */
const DEFAULTS: HealthTimes = {
  interval: 30_000,
  timeout: 30_000,
  retries: 3,
  startPeriod: 0,
  startInterval: 5_000,
}

const TIMES = {
  interval: time,
  timeout: time,
  retries: integer(0),
  start_period: time,
  start_interval: time,
}

/** A healthcheck of a service as it is written: a test or a probe, none at all, and times. */
export interface HealthDraft {
  /** null: `NONE` or `disable: true`. */
  test?: string[] | null
  times: SomeHealthTimes
}

/** Compose Specification §healthcheck; `CMD-SHELL` becomes a command line. A zero means the default. */
export function healthcheck(cursor: Cursor): HealthDraft | undefined {
  const { test, disable, ...times } = fields(cursor, { test: listOf(text), disable: boolean, ...TIMES })
  const [kind, ...argv] = test ?? []
  if (disable && kind !== undefined && kind !== 'NONE')
    return fail(cursor, 'has both a test and disable: true; keep one')
  if (disable || kind === 'NONE') return { test: null, times: timesOf(times) }
  if (kind === undefined) return { times: timesOf(times) }
  if (argv.length === 0) return fail(cursor, `has nothing to run after ${kind}`)
  if (kind === 'CMD-SHELL' && argv.join() === 'NONE')
    notice(within(cursor, 'test'), 'is a line for a shell; did you mean [NONE], for no check?')
  return { test: kind === 'CMD' ? argv : ['/bin/sh', '-c', argv.join(' ')], times: timesOf(times) }
}

export interface NetworkHealthDraft {
  probe: NetworkHealthcheck['probe']
  times: SomeHealthTimes
  at: Cursor
}

/** `x-setpoint.healthcheck` of a service. */
export function networkHealthcheck(cursor: Cursor): NetworkHealthDraft | undefined {
  const probe = networkProbe(cursor)
  return probe && { probe, times: timesOf(fields(cursor, TIMES)), at: cursor }
}

/** The healthcheck of an image spec: one that it has for itself. */
export function imageHealthcheck(cursor: Cursor): CommandHealthcheck | undefined {
  const { test, times } = healthcheck(cursor) ?? { times: {} }
  if (test) return { test, ...DEFAULTS, ...times }
  return test === null
    ? fail(cursor, 'an image spec cannot take the healthcheck of its base away; do it in the service')
    : Object.keys(times).length === 0
      ? undefined
      : fail(cursor, 'has times but no test; give both')
}

interface Effective {
  /** Absent: the image's own healthcheck counts; null: none at all. */
  healthcheck?: CommandHealthcheck | NetworkHealthcheck | null
  /** What is other than in the image's own. */
  healthcheckTimes?: SomeHealthTimes
}

/** The healthcheck that counts: of the two kinds the probe over the network, with the other's times where it names none. */
export function effectiveHealthcheck(
  own: HealthDraft | undefined,
  network: NetworkHealthDraft | undefined,
): Effective {
  const times = { ...DEFAULTS, ...own?.times }
  if (network) return { healthcheck: { probe: network.probe, ...times, ...network.times } }
  if (own?.test === null) return { healthcheck: null }
  if (own?.test) return { healthcheck: { test: own.test, ...times } }
  return own && Object.keys(own.times).length > 0 ? { healthcheckTimes: own.times } : {}
}

/** A time of a healthcheck. Docker takes none below a millisecond but 0, which is the default. */
function time(cursor: Cursor): number | undefined {
  const value = duration(cursor)
  if (value === undefined) return undefined
  const exact = parseDuration(textAt(cursor.node) ?? '') ?? 0
  return exact > 0 && exact < 1 ? expected(cursor, '1ms or more, or 0 for the default') : value
}

function timesOf(read: {
  interval?: number
  timeout?: number
  retries?: number
  start_period?: number
  start_interval?: number
}): SomeHealthTimes {
  return defined({
    interval: read.interval || undefined,
    timeout: read.timeout || undefined,
    retries: read.retries || undefined,
    startPeriod: read.start_period || undefined,
    startInterval: read.start_interval || undefined,
  })
}
