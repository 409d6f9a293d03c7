import type { DriverOptions } from '../../../schemas/volume.ts'
import { type Cursor, entriesOf, fail, fields, within } from '../cursor.ts'
import { defined } from '../defined.ts'
import { text } from './values.ts'

/** What Docker asks for beside each option (its driver `local`). */
const NEEDS = { o: ['type', 'device'], device: ['type'], type: ['device'] } as const
const TAKEN = ['type', 'o', 'device']

/**
 * Compose Specification §driver_opts of a volume, as Docker's driver `local` takes them: `type`, `o` and `device` of a
 * mount. Undefined where there are none.
 */
export function driverOptions(at: Cursor): DriverOptions | undefined {
  for (const [key, inner] of entriesOf(at) ?? []) if (!TAKEN.includes(key)) failUnknown(inner, key)
  const read = fields(at, { type: text, o: text, device: text })
  const { type, device, o } = defined({
    type: read.type || undefined,
    device: read.device || undefined,
    o: read.o || undefined,
  })
  for (const key of ['o', 'device', 'type'] as const) {
    const missing = NEEDS[key].find((other) => !read[other])
    if (read[key] && missing) return fail(within(at, key), `needs ${missing} beside it; ${EXAMPLE}`)
  }
  if (type === undefined || device === undefined) return undefined
  const found = { type, device, ...defined({ o }) }
  return isBind(found) && !checkFolder(within(at, 'device'), device) ? undefined : found
}

const EXAMPLE = 'write {type: nfs, device: ":/export", o: "addr=10.0.0.2"} or {type: tmpfs, device: tmpfs}'

function failUnknown(at: Cursor, key: string): void {
  const advice = 'limit the size with a file system of its own, or with type tmpfs and o: size=…'
  if (key === 'size') fail(at, `not honoured yet: a quota for a folder; ${advice}`)
  else fail(at, `${key} is no option of the driver local; take type, o and device`)
}

/** A folder of the host under another name. */
function isBind({ o = '' }: DriverOptions): boolean {
  return o.split(',').some((option) => option === 'bind' || option === 'rbind')
}

function checkFolder(at: Cursor, device: string): boolean {
  if (device.startsWith('/') && !device.split('/').includes('..')) return true
  fail(
    at,
    `${device} must be an absolute path on the host, without ..; a folder of the repository is no volume`,
  )
  return false
}
