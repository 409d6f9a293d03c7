import type { NetworkProbe } from '../../../../schemas/healthcheck.ts'
import { type Cursor, entriesOf, expected, fail, fields, within } from '../../cursor.ts'
import { alternatives } from '../../suggest.ts'
import { integer, oneOf, text } from '../values.ts'

const PROBES = ['http', 'tcp', 'grpc'] as const
const port = integer(1, 65535)

/** The one question of an `x-setpoint.healthcheck`. */
export function networkProbe(cursor: Cursor): NetworkProbe | undefined {
  const keys = (entriesOf(cursor) ?? []).map(([key]) => key)
  const [type, ...more] = PROBES.filter((probe) => keys.includes(probe))
  if (type === undefined) return fail(cursor, `has none of ${alternatives([...PROBES])}; name what is asked`)
  if (more.length > 0) return fail(cursor, `has both ${type} and ${more.join(' and ')}; keep one`)
  return READERS[type](within(cursor, type))
}

const READERS = { http, tcp, grpc }

function http(cursor: Cursor): NetworkProbe | undefined {
  const read = fields(cursor, { port, path, status, scheme: oneOf('http', 'https') })
  if (read.port === undefined) return undefined
  const { scheme = 'http', path: asked = '/', status: well = { from: 200, to: 399 } } = read
  return { type: 'http', scheme, port: read.port, path: asked, status: well }
}

function tcp(cursor: Cursor): NetworkProbe | undefined {
  const read = fields(cursor, { port })
  return read.port === undefined ? undefined : { type: 'tcp', port: read.port }
}

function grpc(cursor: Cursor): NetworkProbe | undefined {
  const read = fields(cursor, { port, service: text })
  if (read.port === undefined) return undefined
  return { type: 'grpc', port: read.port, service: read.service ?? '' }
}

function path(cursor: Cursor): string | undefined {
  const value = text(cursor)
  if (value === undefined || /^\/[!-~]*$/.test(value)) return value
  return expected(cursor, 'a path that begins with / and has no spaces, as in /healthz')
}

/** `200` or `200-299`. */
function status(cursor: Cursor): { from: number; to: number } | undefined {
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text(cursor) ?? '')
  const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (match && from <= to) return { from, to }
  return expected(cursor, 'a status code or a range of them, as in 200 or "200-299"')
}
