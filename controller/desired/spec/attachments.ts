import { type Cursor, entriesOf, fail, fields, itemsOf } from '../cursor.ts'
import { networkName } from './process.ts'
import { boolean, filled, listOf, oneOf } from './values.ts'

export interface AttachmentAt {
  /** The network's key in the file. */
  key: string
  aliases: string[]
  at: Cursor
}

/** Compose Specification §networks of a service: a list of keys, or a map with aliases. */
export function attachments(cursor: Cursor): AttachmentAt[] | undefined {
  if (cursor.node.kind === 'list') {
    return itemsOf(cursor)?.flatMap((at) => {
      const key = filled(at)
      return key === undefined ? [] : [{ key, aliases: [], at }]
    })
  }
  return entriesOf(cursor, 'a list or a mapping of networks')?.map(([key, at]) => {
    const { aliases = [] } = fields(at, 'attachment', { aliases: listOf(networkName) })
    return { key, aliases, at }
  })
}

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

/** Compose Specification §depends_on: a list of services, or a map with conditions. */
export function dependsOn(cursor: Cursor): DependencyAt[] | undefined {
  if (cursor.node.kind === 'list') {
    return itemsOf(cursor)?.flatMap((at) => {
      const service = filled(at)
      return service === undefined ? [] : [{ service, condition: 'started', required: true, at }]
    })
  }
  return entriesOf(cursor, 'a list or a mapping of services')?.map(([service, at]) => {
    const read = fields(at, 'dependency', { condition, required: boolean })
    return { service, condition: read.condition ?? 'started', required: read.required ?? true, at }
  })
}

function condition(cursor: Cursor) {
  const word = oneOf('service_started', 'service_healthy', 'service_completed_successfully')(cursor)
  return word && CONDITIONS[word]
}

/** Compose Specification §links: `db` only orders; `db:other` also gives a name, which is not honoured yet. */
export function links(cursor: Cursor): DependencyAt[] | undefined {
  return itemsOf(cursor)?.flatMap((at) => {
    const [service = '', alias = service] = (filled(at) ?? '').split(':')
    if (service === '') return []
    if (alias !== service) {
      fail(at, `not honoured yet: the link alias ${alias}; give ${service} that alias under its networks`)
    }
    return [{ service, condition: 'started', required: true, at }]
  })
}
