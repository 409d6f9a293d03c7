import { isNull, type Node, textAt } from '../../yaml/node.ts'
import type { Merge } from '../shape.ts'

/** The rules of the Compose Specification's §Merge for fields that are not merged as their kind of value is. */

/** The later value alone counts, also when it is nothing: `command`, `entrypoint`, `healthcheck.test`, a ulimit. */
export const replace: Merge = (_base, over) => over

/** Options belong to a driver: those of another driver go when the driver changes (`logging`). */
export const mergeLogging: Merge = (base, over, { shape, byKind }) => {
  if (isNull(over)) return base
  const before = textAt(base, 'driver')
  const after = textAt(over, 'driver')
  const isSameDriver = before === undefined || after === undefined || before === after
  return isSameDriver ? byKind(base, over, shape) : over
}

/** The later list of pools counts, each with what it leaves out from the earlier pool of its subnet (`ipam.config`). */
export const mergeIpamConfigs: Merge = (base, over, { shape, byKind }) => {
  if (base.kind !== 'list' || over.kind !== 'list') return byKind(base, over, shape)
  const earlier = new Map(base.items.map((pool) => [subnetOf(pool), pool]))
  const items = over.items.map((pool) => {
    const before = earlier.get(subnetOf(pool))
    return before ? byKind(before, pool, shape.list?.items) : pool
  })
  return { ...over, items }
}

function subnetOf(pool: Node): string | undefined {
  return textAt(pool, 'subnet')
}
