import type { InventoryItem } from '../../schemas/record.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { countedOn } from './forgotten.ts'

/** What is wanted of a stack, and where its tasks were put. */
export interface Claim {
  spec: StackSpec
  inventory: InventoryItem[]
  /** Tasks are moved, or may go back to where they were: the inventory does not tell where they will be. */
  moving: boolean
}

/** What all stacks want. */
export interface Claims {
  known: Claim[]
  /** Stacks that are there, while nobody knows what they declare: their first commit has problems. */
  unknown: string[]
}

/** The names of the stacks that declare a volume of a host, or may. `stack` is the one that it was made for. */
export function claimants(
  { known, unknown }: Claims,
  { name, host, stack }: { name: string; host: string; stack?: string | null | undefined },
): string[] {
  const declaring = known.filter((claim) => claimsVolume(claim, name, host)).map(({ spec }) => spec.name)
  const perhaps = unknown.filter((one) => stack === one || name.startsWith(`${one}_`))
  return [...new Set([...declaring, ...perhaps])].sort()
}

/**
 * True when a stack declares a volume, as its own or as external, and may need it on a host: a service that mounts it is
 * there, is on every host, or may still be put there, as anywhere while a rollout is under way. What a service has left
 * behind on another host than that of its tasks, nobody claims.
 */
export function claimsVolume({ spec, inventory, moving }: Claim, name: string, host: string): boolean {
  if (!spec.volumes.some((volume) => volume.name === name)) return false
  const services = spec.services.filter(({ container }) =>
    container.mounts.some((mount) => mount.type === 'volume' && mount.source === name),
  )
  return moving || services.length === 0 || services.some((service) => mayBeOn(host, service, inventory))
}

function mayBeOn(host: string, { name, mode, replicas }: ServiceSpec, inventory: InventoryItem[]): boolean {
  if (mode === 'global') return true
  const wanted = Math.max(1, replicas)
  const placed = countedOn(inventory).filter((item) => item.service === name)
  const slots = new Set(placed.map(({ slot }) => slot).filter((slot) => slot <= wanted))
  return slots.size < wanted || placed.some((item) => item.host === host)
}
