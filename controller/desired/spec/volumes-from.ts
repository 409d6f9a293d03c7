import { itemsBelow } from '../compose/below.ts'
import { asMap, changeAt, changeEach } from '../compose/edit.ts'
import { cleanPath } from '../compose/model/path.ts'
import { type Cursor, entriesOf, fail, notice, within } from '../cursor.ts'
import { listNode, type Node, scalarNode, scalarText, textAt, valueAt, withValue } from '../yaml/node.ts'

/**
 * A resolved model in which every service has the volumes that it takes over (Compose Specification §volumes_from): a
 * service's own mount of a target counts before one that is taken over, and of those the later. What is in memory is not
 * taken over, as in Docker.
 */
export function withVolumesFrom(model: Cursor): Node {
  const services = new Map(entriesOf(within(model, 'services')) ?? [])
  const known = new Map<string, Node[]>()
  return changeAt(model.node, 'services', (all) =>
    changeEach(all, (service, name) => {
      if (!valueAt(service, 'volumes_from')) return service
      const items = mountsOf(name, { services, known })
      return withValue(asMap(service), 'volumes', listNode(valueAt(service, 'volumes') ?? service, items))
    }),
  )
}

interface Services {
  services: Map<string, Cursor>
  /** What is known of a service already; of one that is being looked at, its own. Circles are told of elsewhere. */
  known: Map<string, Node[]>
}

function mountsOf(name: string, all: Services): Node[] {
  const found = all.known.get(name)
  const service = all.services.get(name)
  if (found || !service) return found ?? []
  const own = itemsBelow(service, 'volumes').map(({ node }) => node)
  all.known.set(name, own)
  const taken = itemsBelow(service, 'volumes_from').flatMap((at) => takenOver(at, name, all))
  const inMemory = itemsBelow(service, 'tmpfs').map(({ node }) => node)
  const covered = new Set([...own, ...inMemory].map(targetOf))
  const free = new Map(
    taken.filter((item) => !covered.has(targetOf(item))).map((item) => [targetOf(item), item]),
  )
  const items = [...own, ...free.values()]
  all.known.set(name, items)
  return items
}

/** `service[:ro|rw]` or `container:name[:ro|rw]`. */
function takenOver(at: Cursor, name: string, all: Services): Node[] {
  const parts = at.node.kind === 'scalar' ? scalarText(at.node).split(':') : []
  const [from = '', access, ...rest] = parts[0] === 'container' ? parts.slice(1) : parts
  if (rest.length > 0 || !['ro', 'rw', undefined].includes(access)) {
    fail(at, `must be SERVICE, SERVICE:ro or SERVICE:rw, or the same after container:`)
    return []
  }
  const other = parts[0] === 'container' ? byContainerName(at, from, all) : from
  const service = other === undefined ? undefined : all.services.get(other)
  if (other === undefined || !service) return []
  const items = mountsOf(other, all).filter((item) => textAt(item, 'type') !== 'tmpfs')
  if (items.length === 0)
    notice(at, `${other} names no volumes; those that only its image declares are not shared`)
  const via = { at: at.node.at, what: `services.${name} takes over the volumes of ${other} here` }
  return items
    .filter((item) => isNamed(item, at, other))
    .map((item) => ({ ...withAccess(item, access), via: [...(item.via ?? []), via] }))
}

function byContainerName(at: Cursor, wanted: string, { services }: Services): string | undefined {
  for (const [name, { node }] of services) if (textAt(node, 'container_name') === wanted) return name
  const advice = 'name a service of this file, or share a volume that is external'
  return fail(at, `no service here has the container_name ${wanted}; ${advice}`)
}

/** One without a name is the other task's own. */
function isNamed(item: Node, at: Cursor, other: string): boolean {
  if (textAt(item, 'type') !== 'volume' || textAt(item, 'source')) return true
  fail(
    at,
    `the volume at ${textAt(item, 'target')} of ${other} has no name, so that it cannot be shared; name it there`,
  )
  return false
}

function withAccess(item: Node, access: string | undefined): Node {
  return access === 'ro' ? withValue(asMap(item), 'read_only', scalarNode(item, true)) : item
}

/** The target of a mount, or of a line of `tmpfs`. */
function targetOf(item: Node): string {
  return cleanPath(
    item.kind === 'scalar' ? (scalarText(item).split(':', 1)[0] ?? '') : (textAt(item, 'target') ?? ''),
  )
}
