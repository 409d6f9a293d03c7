import type { PublishedPort } from '../../../schemas/network.ts'
import { isOpen } from '../../../schemas/port.ts'
import { noneFree } from './checks.ts'

export interface PortRange {
  first: number
  last: number
}

interface Surroundings {
  /** Ports as they were picked for the other tasks of the service on this host. */
  others: PublishedPort[]
  /** True for a port of the host that somebody has. */
  isTaken: (port: PublishedPort) => boolean
  /** The host's ephemeral ports. */
  ephemeral: PortRange
  /** Where in the ephemeral ports the search begins: the same service finds the same port again. */
  seed: number
}

/**
 * The ports with those of the host that the stack file leaves open: the first free one of a range, as Docker picks it,
 * or any ephemeral one. Tasks that share their ports share what was picked for the first of them.
 * @throws SetpointError PORT_IN_USE when all of a range are taken
 */
export function pickPorts(wanted: PublishedPort[], surroundings: Surroundings): PublishedPort[] {
  const picked = wanted.filter((port) => !isOpen(port))
  for (const port of wanted.filter(isOpen)) picked.push(pick(port, picked, surroundings))
  return picked
}

function pick(port: PublishedPort, own: PublishedPort[], around: Surroundings): PublishedPort {
  const { publishedEnd: _, ...rest } = port
  const candidates = inRange(rangeOf(port, around.ephemeral), port.published === 0 ? around.seed : 0)
  const isMine = (published: number): boolean =>
    own.some((one) => one.published === published && one.protocol === port.protocol)
  const shared = port.mode === 'host' ? [] : around.others.filter((other) => isSameBut(other, port))
  for (const [numbers, isFree] of [
    [candidates.filter((number) => shared.some((other) => other.published === number)), () => true],
    [candidates, (one: PublishedPort) => !around.isTaken(one)],
  ] as const) {
    const found = numbers.find((published) => !isMine(published) && isFree({ ...rest, published }))
    if (found !== undefined) return { ...rest, published: found }
  }
  return noneFree(port)
}

function isSameBut(a: PublishedPort, b: PublishedPort): boolean {
  return a.target === b.target && a.protocol === b.protocol && a.hostIp === b.hostIp
}

function rangeOf({ published, publishedEnd }: PublishedPort, ephemeral: PortRange): PortRange {
  return published === 0 ? ephemeral : { first: published, last: publishedEnd ?? published }
}

/** All numbers of the range, those from the place of the seed on first. */
function inRange({ first, last }: PortRange, seed: number): number[] {
  const count = last - first + 1
  return Array.from({ length: count }, (_, index) => first + ((seed + index) % count))
}
