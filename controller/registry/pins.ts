import { digest } from '../../schemas/canonical.ts'
import type { ImageSource } from '../../schemas/image.ts'
import type { StackRecord } from '../../schemas/record.ts'
import { declaredDigest, type ServiceSpec, type StackSpec } from '../../schemas/stack.ts'

/** What a reference was found to stand for. */
export interface Pin {
  digest: string
  /** ISO time of the look. */
  at: string
}

/** Pins by reference. */
export type Pins = ReadonlyMap<string, Pin>

/** True for an image whose reference may stand for something else tomorrow, and that a registry can be asked for. */
export function canPin({ reference, pull, spec }: ImageSource): boolean {
  return (
    spec === undefined && pull !== 'never' && !reference.startsWith('localhost/') && !reference.includes('@')
  )
}

/** The images of a stack that can be pinned, each reference once. */
function pinnable({ services }: StackSpec): ImageSource[] {
  const images = services.map(({ container }) => container.image).filter(canPin)
  return [...new Map(images.map((image) => [image.reference, image])).values()]
}

/**
 * The stack with what its references stand for. A service gets another fingerprint by it, so that its tasks are
 * replaced when, and only when, the bytes are others. Without pins it is the stack as declared.
 */
export function applyPins(declared: StackSpec, pins: Pins): StackSpec {
  const services = declared.services.map((service) => pinnedService(service, pins))
  const digests = services.flatMap(({ name, container: { image } }) =>
    image.digest === undefined ? [] : [[name, image.digest]],
  )
  if (digests.length === 0) return declared
  const used = pinnable(declared).flatMap(({ reference }) => {
    const pin = pins.get(reference)
    return pin === undefined ? [] : [[reference, pin.at]]
  })
  return {
    ...declared,
    services,
    pinned: { declared: declared.digest, at: Object.fromEntries(used) },
    digest: digest([declared.digest, digests]),
  }
}

function pinnedService(service: ServiceSpec, pins: Pins): ServiceSpec {
  const { image } = service.container
  const pin = canPin(image) ? pins.get(image.reference) : undefined
  if (pin === undefined) return service
  return {
    ...service,
    container: { ...service.container, image: { ...image, digest: pin.digest } },
    fingerprint: digest([service.fingerprint, pin.digest], 16),
  }
}

/** The pins in a stack. */
export function pinsOf({ services, pinned }: StackSpec): Pins {
  return new Map(
    services.flatMap(({ container: { image } }) =>
      image.digest === undefined
        ? []
        : [[image.reference, { digest: image.digest, at: pinned?.at[image.reference] ?? '' }] as const],
    ),
  )
}

/**
 * What is known of references from a stack's record: what is accepted, then what was healthy, the newest first.
 * Nothing is taken from a revision that proved bad: whoever pushes a tag again to mend it wants to be asked for anew.
 */
export function knownPins(record: StackRecord | undefined): Pins {
  if (record === undefined) return new Map()
  const { accepted, healthy, previous, bad } = record
  const good = accepted?.spec.digest === bad?.digest ? [healthy] : [accepted, healthy]
  const newestLast = [...good, ...previous].reverse()
  return new Map(newestLast.flatMap((revision) => (revision === null ? [] : [...pinsOf(revision.spec)])))
}

/**
 * The accepted spec when the newest commit says the same, so that nothing need be asked for: what runs goes on as it
 * is. With `always` each commit of the source is a reason to look again.
 */
export function stillAccepted(
  declared: StackSpec,
  record: StackRecord | undefined,
  revision: string,
): StackSpec | undefined {
  const accepted = record?.accepted
  if (!accepted || declaredDigest(accepted.spec) !== declared.digest) return undefined
  const looksAgain = pinnable(declared).some(({ pull }) => pull === 'always')
  return accepted.revision === revision || !looksAgain ? accepted.spec : undefined
}

/** The references to ask for when a stack is taken in: those that nothing is known of, and with `always` all. */
export function toAsk(declared: StackSpec, known: Pins): string[] {
  return pinnable(declared)
    .filter(({ reference, pull }) => pull === 'always' || !known.has(reference))
    .map(({ reference }) => reference)
}

/** The references whose time to be looked up again (`daily`, `every_…`) has come, and when the next one's does. */
export function dueLooks(
  current: StackSpec,
  { looked, now }: { looked: ReadonlyMap<string, string>; now: Date },
): { due: string[]; next: Date | null } {
  const times = pinnable(current).flatMap(({ reference, refresh }) => {
    if (refresh === undefined) return []
    const last = looked.get(reference) || current.pinned?.at[reference]
    return [{ reference, time: last ? Date.parse(last) + refresh : now.getTime() }]
  })
  const due = times.filter(({ time }) => time <= now.getTime()).map(({ reference }) => reference)
  return { due, next: times.length === 0 ? null : new Date(Math.min(...times.map(({ time }) => time))) }
}
