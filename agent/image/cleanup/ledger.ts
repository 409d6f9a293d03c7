import type { StoredImage } from '../index-file.ts'

/** What an agent remembers of images over restarts: enough to know which may be removed. Times are ISO. */
export interface Ledger {
  version: 1
  /** By id: what this agent has pulled or built itself, under which names. Nothing else is ever removed (law 9). */
  ours: Record<string, { names: string[]; lastUsed: string }>
  /** By `stack/service`: the images that its tasks on this host have had, the latest first. */
  services: Record<string, { images: string[]; lastUsed: string }>
}

export const EMPTY_LEDGER: Ledger = { version: 1, ours: {}, services: {} }

/** The images that are kept of a service: what it has now, and two that a rollback may go back to. */
const KEPT_OF_SERVICE = 3

/** An image that was not there before has been fetched. */
export function withFetched(
  ledger: Ledger,
  { id, name, now }: { id: string; name: string; now: string },
): Ledger {
  const names = new Set([...(ledger.ours[id]?.names ?? []), name])
  return { ...ledger, ours: { ...ledger.ours, [id]: { names: [...names], lastUsed: now } } }
}

/** A task has the image; `service` is `stack/service`. */
export function withUse(
  ledger: Ledger,
  { id, service, now }: { id: string; service: string | undefined; now: string },
): Ledger {
  const known = ledger.ours[id]
  const ours = known ? { ...ledger.ours, [id]: { ...known, lastUsed: now } } : ledger.ours
  if (service === undefined) return { ...ledger, ours }
  const before = ledger.services[service]?.images ?? []
  const images = [id, ...before.filter((one) => one !== id)].slice(0, KEPT_OF_SERVICE)
  return { ...ledger, ours, services: { ...ledger.services, [service]: { images, lastUsed: now } } }
}

/** Without images that are gone, and without services that have had no task here since `before` (ISO time). */
export function withoutForgotten(ledger: Ledger, there: ReadonlySet<string>, before: string): Ledger {
  return {
    version: 1,
    ours: Object.fromEntries(Object.entries(ledger.ours).filter(([id]) => there.has(id))),
    services: Object.fromEntries(
      Object.entries(ledger.services).filter(([, { lastUsed }]) => lastUsed >= before),
    ),
  }
}

/** An image that may be removed. */
export interface Unused {
  id: string
  names: string[]
  /** ISO time. */
  lastUsed: string
}

/**
 * The images that may be removed, the one that was unused for longest first: fetched by this agent, in no task, none
 * that a rollback may need, and known by no name that somebody else has given it.
 */
export function unusedImages(ledger: Ledger, images: StoredImage[], inUse: ReadonlySet<string>): Unused[] {
  const kept = new Set(Object.values(ledger.services).flatMap((service) => service.images))
  return images
    .flatMap(({ id, names }) => {
      const own = ledger.ours[id]
      const isOurs = own !== undefined && names.every((name) => own.names.includes(name))
      return isOurs && !kept.has(id) && !inUse.has(id) ? [{ id, names, lastUsed: own.lastUsed }] : []
    })
    .sort((a, b) => (a.lastUsed < b.lastUsed ? -1 : 1))
}
