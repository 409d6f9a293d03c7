import { canonicalJson, digest } from '../../../schemas/canonical.ts'
import type { ContainerSpec } from '../../../schemas/container.ts'
import type { NetworkSpec } from '../../../schemas/network.ts'
import type { StackSpec } from '../../../schemas/stack.ts'
import type { VolumeSpec } from '../../../schemas/volume.ts'
import { compare, sortBy } from '../order.ts'

export interface Used {
  networks: NetworkSpec[]
  volumes: VolumeSpec[]
}

/**
 * The hash over all that needs a new task when it changes: the container with the networks and volumes it uses.
 * Replicas, update settings, dependencies and drift are no part of it, nor is the pull policy, which changes nothing
 * about a container that runs. An image spec counts by its reference, which is the hash of its inputs. What a reference
 * stands for at its registry is added when that is known: `controller/registry`.
 */
export function fingerprint(container: ContainerSpec, used: Used): string {
  return digest({ container: { ...container, image: imageOf(container) }, ...used }, 16)
}

function imageOf({ image: { reference, platform } }: ContainerSpec): unknown {
  return platform === undefined ? reference : { reference, platform }
}

/** The hash over a whole stack: equal digests need no rollout. */
export function stackDigest(stack: Omit<StackSpec, 'digest'>): string {
  return digest(stack)
}

/** The container with every list whose order means nothing in a fixed order; argv and the healthcheck stay as written. */
export function sortContainer(container: ContainerSpec): ContainerSpec {
  return {
    ...container,
    networks: container.networks.map((one) => ({ ...one, aliases: unique(one.aliases) })),
    ports: uniqueBy(container.ports, canonicalJson),
    mounts: sortBy(container.mounts, ({ target }) => target),
    ...(container.contents && { contents: sortBy(container.contents, ({ target }) => target) }),
    capAdd: unique(container.capAdd),
    capDrop: unique(container.capDrop),
  }
}

function unique(items: string[]): string[] {
  return [...new Set(items)].sort(compare)
}

function uniqueBy<T>(items: T[], key: (item: T) => string): T[] {
  return sortBy([...new Map(items.map((item) => [key(item), item])).values()], key)
}
