import { type MapNode, type Node, textAt, valueAt } from '../../yaml/node.ts'
import { asMap, changeEach } from '../edit.ts'

/** How a service uses what is declared in each section of a model. */
const USES: Record<string, (service: Node) => (string | undefined)[]> = {
  networks: (service) => keysAt(service, 'networks'),
  volumes: (service) => sources(listAt(service, 'volumes').filter(isNamedVolume)),
  secrets: (service) => sources([...listAt(service, 'secrets'), ...listAt(service, 'build', 'secrets')]),
  configs: (service) => sources(listAt(service, 'configs')),
  models: (service) => keysAt(service, 'models'),
}

/** The model without the networks, volumes, secrets, configs and models that none of its services uses. */
export function withoutUnused(model: MapNode): MapNode {
  const services = [...asMap(valueAt(model, 'services')).entries.values()].map(({ value }) => value)
  const keepUsed = (section: Node, name: string): Node | undefined => {
    const usesOf = Object.hasOwn(USES, name) ? USES[name] : undefined
    if (!usesOf) return section
    const used = new Set(services.flatMap(usesOf))
    return changeEach(section, (resource, key) => (used.has(key) ? resource : undefined))
  }
  return asMap(changeEach(model, keepUsed))
}

function keysAt(service: Node, key: string): string[] {
  return [...asMap(valueAt(service, key)).entries.keys()]
}

function listAt(service: Node, ...keys: string[]): Node[] {
  const list = valueAt(service, ...keys)
  return list?.kind === 'list' ? list.items : []
}

function isNamedVolume(mount: Node): boolean {
  return textAt(mount, 'type') === 'volume'
}

function sources(mounts: Node[]): (string | undefined)[] {
  return mounts.map((mount) => textAt(mount, 'source'))
}
