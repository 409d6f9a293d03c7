import type { Listing } from './listings.ts'
import type { ProjectFlags } from './settings.ts'

export type Format = 'yaml' | 'json'

/** What `setpoint config` is given. */
export interface ConfigFlags extends ProjectFlags, Partial<Record<Listing, boolean>> {
  output: Format
  /** The name that `docker compose` has for `output`. */
  format?: Format
  strict?: boolean
  quiet?: boolean
  /** The services to print; all when there are none. */
  only?: string[]
}
