import type { InventoryItem } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'

/** What is wanted of a stack, and where its tasks were put. */
export interface Claim {
  spec: StackSpec
  inventory: InventoryItem[]
}

/**
 * True when a stack declares a volume and may need it on a host: a service that mounts it is there, is on every host, or
 * may still be put there. What a service has left behind on another host than that of its tasks, nobody claims.
 */
export function claimsVolume({ spec, inventory }: Claim, name: string, host: string): boolean {
  if (!spec.volumes.some((volume) => volume.name === name && !volume.external)) return false
  const services = spec.services.filter(({ container }) =>
    container.mounts.some((mount) => mount.type === 'volume' && mount.source === name),
  )
  return services.length === 0 || services.some((service) => mayBeOn(host, service, inventory))
}

function mayBeOn(host: string, { name, mode, replicas }: ServiceSpec, inventory: InventoryItem[]): boolean {
  if (mode === 'global') return true
  const placed = inventory.filter((item) => item.service === name)
  const slots = new Set(placed.map(({ slot }) => slot))
  return slots.size < Math.max(1, replicas) || placed.some((item) => item.host === host)
}
