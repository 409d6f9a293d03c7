import { type Cursor, entriesOf, fail, fields, itemsOf } from '../cursor.ts'
import { boolean, filled, oneOf } from './values.ts'

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

/** Compose Specification §links: `db` only orders, and has become a dependency; the name in `db:other` is not honoured yet. */
export function links(cursor: Cursor): undefined {
  for (const at of itemsOf(cursor) ?? []) {
    const [service = '', alias = service] = (filled(at) ?? '').split(':')
    if (alias === service) continue
    fail(at, `not honoured yet: the link alias ${alias}; give ${service} that alias under its networks`)
  }
}
