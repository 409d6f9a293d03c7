import { type Cursor, failAtKey } from '../../cursor.ts'
import { type MapNode, type Node, scalarText, valueAt } from '../../yaml/node.ts'
import { entriesBelow } from '../below.ts'
import { asMap, changeAt, changeEach } from '../edit.ts'
import { type Dependency, dependenciesOf } from './dependencies.ts'

/**
 * Compose Specification §Profiles: the model with the services that a profile enables, or that have none. A service
 * that needs one that is left out is a problem; where it can be without, its dependency is left out too.
 * @param active the names of the active profiles; `*` is every profile
 */
export function enableProfiles(at: Cursor, active: readonly string[]): MapNode {
  const disabled = disabledServices(asMap(valueAt(at.node, 'services')), new Set(active))
  if (disabled.size === 0) return asMap(at.node)
  for (const [name, service] of entriesBelow(at, 'services')) {
    if (!disabled.has(name)) checkDependencies(name, service, disabled)
  }
  return asMap(changeAt(at.node, 'services', (services) => without(services, disabled)))
}

/** The profiles of each service that none of the active ones enables. */
function disabledServices(services: MapNode, active: ReadonlySet<string>): Map<string, string[]> {
  const disabled = new Map<string, string[]>()
  for (const [name, { value }] of services.entries) {
    const profiles = profilesOf(value)
    const isEnabled = active.has('*') || profiles.some((profile) => active.has(profile))
    if (profiles.length > 0 && !isEnabled) disabled.set(name, profiles)
  }
  return disabled
}

function profilesOf(service: Node): string[] {
  const profiles = valueAt(service, 'profiles')
  if (profiles?.kind !== 'list') return []
  return profiles.items.flatMap((item) => (item.kind === 'scalar' ? scalarText(item) : []))
}

function checkDependencies(name: string, service: Cursor, disabled: Map<string, string[]>): void {
  for (const dependency of dependenciesOf(service)) {
    const profiles = disabled.get(dependency.service)
    if (profiles && dependency.required) failDisabled(name, dependency, profiles)
  }
}

/** How many profiles a message names: as many as one reads at a glance. */
const MAX_LISTED = 5

function failDisabled(name: string, { service, at }: Dependency, profiles: string[]): void {
  const advice = `activate ${profiles.slice(0, MAX_LISTED).join(' or ')}${at.node.kind === 'map' ? ', or set required: false' : ''}`
  failAtKey(at, `service ${name} depends on ${service}, which no active profile enables; ${advice}`)
}

function without(services: Node, disabled: Map<string, string[]>): Node {
  const prune = (node: Node) => changeEach(node, (inner, name) => (disabled.has(name) ? undefined : inner))
  return changeEach(prune(services), (service) => changeAt(service, 'depends_on', prune))
}
