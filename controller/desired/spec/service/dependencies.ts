import { type Cursor, entriesOf, fail, fields, itemsOf, notice } from '../../cursor.ts'
import { boolean, filled, oneOf } from '../values.ts'
import { isNetworkName, notDnsName } from './process.ts'

export interface DependencyAt {
  service: string
  condition: 'started' | 'healthy' | 'completed'
  required: boolean
  at: Cursor
}

const CONDITIONS = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
} as const

/** Compose Specification §depends_on. */
export function dependsOn(cursor: Cursor): DependencyAt[] | undefined {
  return entriesOf(cursor)?.map(([service, at]) => {
    const read = fields(at, { condition, required: boolean })
    return { service, condition: read.condition ?? 'started', required: read.required ?? true, at }
  })
}

function condition(cursor: Cursor) {
  const word = oneOf('service_started', 'service_healthy', 'service_completed_successfully')(cursor)
  return word && CONDITIONS[word]
}

/** A further name of a service. */
export interface Link {
  service: string
  alias: string
}

/**
 * Compose Specification §links: `db` only orders, and has become a dependency; in `db:other` it also gets a name. With
 * Compose that is for the service alone that links; name servers answer all who are in a network alike.
 */
export function links(cursor: Cursor): Link[] | undefined {
  return itemsOf(cursor)?.flatMap((at) => {
    const [service = '', alias = service] = (filled(at) ?? '').split(':')
    if (alias === service) return []
    if (!isNetworkName(alias)) return fail(at, notDnsName(alias)) ?? []
    notice(at, `every service that shares a network with ${service} and this one finds it as ${alias}`)
    return [{ service, alias }]
  })
}
