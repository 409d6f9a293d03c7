import { type Cursor, within } from '../../cursor.ts'
import { type Node, scalarText, textAt } from '../../yaml/node.ts'
import { entriesBelow, itemsBelow } from '../below.ts'

/** A service that another one needs. */
export interface Dependency {
  service: string
  /** False where the one starts also without the other. */
  required: boolean
  /** Whether the one restarts when the other does. */
  restart: boolean
  /** Where the other is named; its `key` is the exact place. */
  at: Cursor
}

/** What may hold `service:NAME`, to share a namespace with another service. */
const NAMESPACES = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup']

/**
 * What a service depends on, each service once: what it says under `depends_on` (Compose Specification §depends_on),
 * then what its `links`, shared namespaces and `volumes_from` imply.
 */
export function dependenciesOf(service: Cursor): Dependency[] {
  const found = new Map<string, Dependency>()
  const all = [
    ...explicitly(service),
    ...itemsBelow(service, 'links').map((at) => implied(at, beforeColon(at.node), true)),
    ...NAMESPACES.flatMap((key) => byNamespace(service, key)),
    ...byVolumes(service),
  ]
  for (const dependency of all) {
    if (!found.has(dependency.service)) found.set(dependency.service, dependency)
  }
  return [...found.values()]
}

function explicitly(service: Cursor): Dependency[] {
  return entriesBelow(service, 'depends_on').map(([name, at]) => ({
    service: name,
    required: textAt(at.node, 'required') !== 'false',
    restart: textAt(at.node, 'restart') === 'true',
    at,
  }))
}

function byNamespace(service: Cursor, key: string): Dependency[] {
  const shared = /^service:(.*)$/s.exec(textAt(service.node, key) ?? '')?.[1]
  if (shared === undefined) return []
  const at = within(service, key)
  return [implied({ ...at, key: at.node.at }, shared, true)]
}

function byVolumes(service: Cursor): Dependency[] {
  return itemsBelow(service, 'volumes_from')
    .filter(({ node }) => beforeColon(node) !== 'container')
    .map((at) => implied(at, beforeColon(at.node), false))
}

function implied(at: Cursor, service: string, restart: boolean): Dependency {
  return { service, required: true, restart, at }
}

/** The service of `db:alias` and of `db:ro`. */
function beforeColon(node: Node): string {
  const text = node.kind === 'scalar' ? scalarText(node) : ''
  return text.split(':', 1)[0] ?? ''
}
