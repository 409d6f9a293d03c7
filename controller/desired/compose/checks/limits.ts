import { type Cursor, fail, within } from '../../cursor.ts'
import { numberBelow } from '../below.ts'

/** The limits that a service has under two names: its own key and the one below `deploy.resources`. */
const TWICE: [key: string, section: string, name: string][] = [
  ['cpus', 'limits', 'cpus'],
  ['mem_limit', 'limits', 'memory'],
  ['mem_reservation', 'reservations', 'memory'],
  ['pids_limit', 'limits', 'pids'],
]

/** Compose Specification deploy §resources: a limit that is given twice has one value. */
export function checkLimits(service: Cursor): void {
  for (const [key, section, name] of TWICE) {
    const own = numberBelow(service, key)
    const other = numberBelow(service, 'deploy', 'resources', section, name)
    if (!own || !other || own === other) continue
    fail(within(service, key), `is ${own}, but deploy.resources.${section}.${name} is ${other}; keep one`)
  }
}
