import type { LocatedTask } from '../../schemas/fleet.ts'
import type { InventoryItem } from '../../schemas/record.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import type { Plan } from './plan.ts'

/** The host where a slot of a service is, or is about to be. */
export type HostOf = (service: string, slot: string) => string | undefined

/**
 * The service whose network, processes or IPC a service shares (`network_mode: service:…`): its tasks run on the hosts of
 * that one. All three name the same one (`check-shared.ts`).
 */
export function sharedService({ container }: ServiceSpec): string | undefined {
  const { networkMode, isolation } = container
  const shared = [networkMode, isolation?.pid, isolation?.ipc].find((one) => typeof one === 'object')
  return typeof shared === 'object' ? shared.service : undefined
}

/** Those that share something come after those that have it. */
export function ownersFirst(services: ServiceSpec[]): ServiceSpec[] {
  const isSharer = (service: ServiceSpec) => sharedService(service) !== undefined
  return [...services.filter((one) => !isSharer(one)), ...services.filter(isSharer)]
}

/** Looks at what the plan has put there, then at what runs there, then at what was asked for. */
export function hostFinder({
  bySlot,
  inventory,
  plan,
}: {
  bySlot: Map<string, LocatedTask[]>
  inventory: InventoryItem[]
  plan: Plan
}): HostOf {
  return (service, slot) => {
    const planned = plan.changes.find(
      (change) => change.service === service && change.slot === slot && change.verdict !== 'surplus',
    )
    const there = bySlot.get(`${service}/${slot}`)?.[0]?.host.info.name
    const asked = inventory.find(
      (item) => item.service === service && [String(item.slot), item.host].includes(slot),
    )
    return planned?.host ?? there ?? asked?.host
  }
}
