import type { DriverOptions } from '../../../schemas/volume.ts'
import { type Cursor, fail, fields } from '../cursor.ts'
import { defined } from '../defined.ts'
import { quote } from '../yaml/node.ts'
import { driverOptions } from './driver-options.ts'
import { textMap } from './mappings.ts'
import { boolean, filled, text } from './values.ts'

/** A volume of a resolved model, under its key. */
export interface ResourceDraft {
  key: string
  /** In full. */
  name: string
  external: boolean
  labels: Record<string, string>
  driverOpts?: DriverOptions
  at: Cursor
}

/** Compose Specification §volumes. */
export function volume(key: string, at: Cursor): ResourceDraft {
  const read = fields(at, {
    name: resourceName,
    external: boolean,
    labels: textMap,
    driver: volumeDriver,
    driver_opts: driverOptions,
  })
  const { name = key, external = false, labels = {}, driver_opts: driverOpts } = read
  return { key, name, external, labels, at, ...defined({ driverOpts }) }
}

export function resourceName(at: Cursor): string | undefined {
  const value = filled(at)
  if (value === undefined || /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(value)) return value
  return fail(at, `${quote(value)} is no name: letters, digits, -, _ and ., at most 128 characters`)
}

function volumeDriver(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || value === 'local' || value === 'default') return value
  return fail(
    at,
    `not honoured yet: the driver ${value}; take local with driver_opts, or mount it on the host and use its absolute path`,
  )
}
