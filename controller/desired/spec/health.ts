import type { Healthcheck } from '../../../schemas/healthcheck.ts'
import { type Cursor, fail, fields } from '../cursor.ts'
import { valueAt } from '../yaml/node.ts'
import { boolean, duration, integer, listOf, text } from './values.ts'

/**
 * Compose Specification §healthcheck with Docker's defaults (Dockerfile reference, HEALTHCHECK): interval 30 s,
 * timeout 30 s, 3 retries, start period 0, start interval 5 s; a zero means the default.
 * @returns null for `NONE` and `disable: true`; times in milliseconds
 */
export function healthcheck(cursor: Cursor): Healthcheck | null | undefined {
  const read = fields(cursor, {
    test: listOf(text),
    disable: boolean,
    interval: duration,
    timeout: duration,
    retries: integer(0),
    start_period: duration,
    start_interval: duration,
  })
  const [kind, ...argv] = read.test ?? []
  if (read.disable && kind !== undefined && kind !== 'NONE')
    return fail(cursor, 'has both a test and disable: true; keep one')
  if (read.disable || kind === 'NONE') return null
  if (kind === undefined)
    return valueAt(cursor.node, 'test') || !hasTimes(read) ? undefined : withoutTest(cursor)
  if (argv.length === 0) return fail(cursor, `has nothing to run after ${kind}`)
  return {
    test: kind === 'CMD' ? argv : ['/bin/sh', '-c', argv.join(' ')],
    interval: read.interval || 30_000,
    timeout: read.timeout || 30_000,
    retries: read.retries || 3,
    startPeriod: read.start_period ?? 0,
    startInterval: read.start_interval || 5_000,
  }
}

/** `disable: false` alone asks for what happens anyway: the image's own healthcheck. */
function hasTimes({ disable: _, test: __, ...times }: Record<string, unknown>): boolean {
  return Object.keys(times).length > 0
}

function withoutTest(cursor: Cursor): undefined {
  return fail(cursor, "not honoured yet: changing the times of the image's own healthcheck; give a test too")
}
