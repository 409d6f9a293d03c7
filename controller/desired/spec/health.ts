import type { Healthcheck } from '../../../schemas/stack.ts'
import { type Cursor, expected, fail, fields } from '../cursor.ts'
import { boolean, duration, integer, listOf, text } from './values.ts'

/**
 * Compose Specification §healthcheck with Docker's defaults (Dockerfile reference, HEALTHCHECK): interval 30 s,
 * timeout 30 s, 3 retries, start period 0, start interval 5 s; a zero means the default.
 * @returns null for `NONE` and `disable: true`; times in milliseconds
 */
export function healthcheck(cursor: Cursor): Healthcheck | null | undefined {
  const read = fields(cursor, 'healthcheck', {
    test,
    disable: boolean,
    interval: duration,
    timeout: duration,
    retries: integer(0),
    start_period: duration,
    start_interval: duration,
  })
  if (cursor.node.kind !== 'map') return undefined
  const hasTest = cursor.node.entries.has('test')
  if (read.disable && hasTest && read.test !== null)
    return fail(cursor, 'has both a test and disable: true; keep one')
  if (read.disable || read.test === null) return null
  if (!hasTest) return withoutTest(cursor)
  return (
    read.test && {
      test: read.test,
      interval: read.interval || 30_000,
      timeout: read.timeout || 30_000,
      retries: read.retries || 3,
      startPeriod: read.start_period ?? 0,
      startInterval: read.start_interval || 5_000,
    }
  )
}

function withoutTest(cursor: Cursor): undefined {
  return fail(cursor, "not honoured yet: changing the times of the image's own healthcheck; give a test too")
}

/** The argv to run; null for `NONE`. */
function test(cursor: Cursor): string[] | null | undefined {
  if (cursor.node.kind === 'scalar') {
    const command = text(cursor)
    if (command === undefined) return undefined
    return command === '' ? expected(cursor, 'a command') : shell(command)
  }
  const words = listOf(text)(cursor)
  if (!words) return undefined
  const [kind, ...argv] = words
  if (kind === 'NONE') return null
  if (kind === 'CMD-SHELL' && argv.length > 0) return shell(argv.join(' '))
  if (kind === 'CMD' && argv.length > 0) return argv
  return fail(cursor, 'must be a command line, or a list that starts with CMD, CMD-SHELL or NONE')
}

function shell(command: string): string[] {
  return ['/bin/sh', '-c', command]
}
