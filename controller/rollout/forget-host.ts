import type { InventoryItem, Rollout, ServiceProgress, StackRecord } from '../../schemas/record.ts'
import type { ForgottenHostDocument } from '../../schemas/status.ts'
import { wantedRevision } from './accept.ts'

/**
 * The record of a stack once a person has said that a host is gone for good: the only word that makes a host that does not
 * answer an empty one (law 1). Its tasks stay in the inventory as forgotten, so that they are removed should it come back.
 * A rollout lets their slots go anew, with a deadline of their own. Repeatable; the same record when nothing was there.
 */
export function forgetHost(record: StackRecord, host: string, now: Date): StackRecord {
  const isGone = (item: InventoryItem) => item.host === host && item.forgotten === undefined
  const gone = record.inventory.filter(isGone)
  if (gone.length === 0 && !isGlobalSlot(record.rollout, host)) return record
  const forgotten = now.toISOString()
  const inventory = record.inventory.map((item) => (isGone(item) ? { ...item, forgotten } : item))
  const { rollout } = record
  return { ...record, inventory, rollout: rollout && withoutSlots(rollout, { host, gone, inventory }) }
}

interface Gone {
  host: string
  gone: InventoryItem[]
  inventory: InventoryItem[]
}

function withoutSlots(rollout: Rollout, { host, gone, inventory }: Gone): Rollout {
  const isElsewhere = ({ service, slot }: InventoryItem) =>
    inventory.some((item) => !item.forgotten && item.service === service && item.slot === slot)
  const services = Object.entries(rollout.services).map(([name, progress]): [string, ServiceProgress] => {
    const { mode } = rollout.to.spec.services.find((service) => service.name === name) ?? {}
    const numbers = gone.filter((item) => item.service === name && !isElsewhere(item)).map(({ slot }) => slot)
    const slots = new Set(mode === 'global' ? [host] : numbers.map(String))
    const released = Object.entries(progress.released).filter(([slot]) => !slots.has(slot))
    const { deadline, ...rest } = progress
    const isUnderWay = deadline !== undefined && released.length > 0
    return [name, { ...rest, released: Object.fromEntries(released), ...(isUnderWay && { deadline }) }]
  })
  return { ...rollout, services: Object.fromEntries(services) }
}

function isGlobalSlot(rollout: Rollout | null, host: string): boolean {
  const global = rollout?.to.spec.services.filter(({ mode }) => mode === 'global') ?? []
  return global.some(({ name }) => host in (rollout?.services[name]?.released ?? {}))
}

/** What a stack has on a host that is about to be forgotten: its tasks, and the volumes that were on the host's own disk. */
export function leftWith(
  record: StackRecord,
  host: string,
): Pick<ForgottenHostDocument, 'tasks' | 'volumes'> {
  const { name: stack, inventory } = record
  const items = inventory.filter((item) => item.host === host && item.forgotten === undefined)
  const spec = (wantedRevision(record) ?? record.healthy)?.spec
  const mounts = (spec?.services ?? [])
    .filter(({ name }) => items.some(({ service }) => service === name))
    .flatMap(({ container }) => container.mounts)
  const names = new Set(mounts.map(({ source }) => source))
  const volumes = (spec?.volumes ?? []).filter(({ name, driverOpts }) => names.has(name) && !driverOpts)
  return {
    tasks: items.map(({ service, slot, taskId }) => ({ stack, service, slot, taskId })),
    volumes: volumes.map(({ name }) => ({ name, stack })),
  }
}
