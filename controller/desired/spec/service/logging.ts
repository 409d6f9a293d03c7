import type { Logging } from '../../../../schemas/logging.ts'
import { parseSize } from '../../../../schemas/size.ts'
import { type Cursor, entriesOf, expected, fail, fields, noticeAtKey } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { alternatives, nearest } from '../../suggest.ts'
import { quote } from '../../yaml/node.ts'
import { integer, text } from '../values.ts'

/** Docker's drivers that there are here. `json-file` and `local` are its two that keep files. */
const DRIVERS: Record<string, Logging['driver']> = {
  'json-file': 'file',
  local: 'file',
  'k8s-file': 'file',
  journald: 'journald',
  none: 'none',
}

/** Docker's options that change how a log is written or labelled, and not how much of it is kept. */
const WITHOUT_EFFECT = [
  'compress',
  'env',
  'env-regex',
  'labels',
  'labels-regex',
  'max-buffer-size',
  'mode',
  'tag',
]
const OPTIONS = ['max-size', 'max-file', ...WITHOUT_EFFECT]

/** Compose Specification §logging, with the drivers and options of Docker (docs.docker.com/engine/logging/configure). */
export function logging(cursor: Cursor): Logging | undefined {
  const read = fields(cursor, { driver, options })
  return { driver: read.driver ?? 'file', ...read.options }
}

function driver(cursor: Cursor): Logging['driver'] | undefined {
  const name = text(cursor)
  if (name === undefined || Object.hasOwn(DRIVERS, name)) return name === undefined ? name : DRIVERS[name]
  const others = alternatives(Object.keys(DRIVERS).filter((known) => known !== 'k8s-file'))
  return fail(
    cursor,
    `${quote(name)} is no log driver here: use ${others}; a collector can read the journal or the log files`,
  )
}

function options(cursor: Cursor): Omit<Logging, 'driver'> {
  for (const [name, option] of entriesOf(cursor) ?? []) check(name, option)
  const read = fields(cursor, { 'max-size': logSize, 'max-file': integer(1, 1_000) })
  return defined({ maxSize: read['max-size'], maxFiles: read['max-file'] })
}

function check(name: string, option: Cursor): void {
  if (WITHOUT_EFFECT.includes(name))
    noticeAtKey(option, 'has no effect: log files are plain text with the time of each line')
  if (OPTIONS.includes(name)) return
  const near = nearest(name, OPTIONS)
  fail(option, `is no option of a log driver here${near === undefined ? '' : `; did you mean ${near}?`}`)
}

/** Less would make a file of each line. */
const LEAST_SIZE = 1024

function logSize(cursor: Cursor): number | undefined {
  const value = text(cursor)
  const bytes = value === undefined ? undefined : parseSize(value)
  return bytes !== undefined && bytes >= LEAST_SIZE
    ? bytes
    : expected(cursor, 'a size of 1k or more, as in 10m; a log always has a limit')
}
