import type { ContainerSpec } from '../../../schemas/container.ts'
import type { ContentMount } from '../../../schemas/content.ts'
import type { ImageSource } from '../../../schemas/image.ts'
import type { NetworkSpec } from '../../../schemas/network.ts'
import type { ServiceSpec, StackSpec } from '../../../schemas/stack.ts'
import type { VolumeSpec } from '../../../schemas/volume.ts'
import { defined } from '../defined.ts'
import { sortBy } from '../order.ts'
import { containerOf } from './container.ts'
import type { SeccompProfiles } from './contents/seccomp-profiles.ts'
import { fingerprint, sortContainer, stackDigest, type Used } from './fingerprint.ts'
import type { StackDraft } from './read-stack.ts'
import type { ResourceDraft } from './resources.ts'
import { roomOfStack } from './room.ts'
import type { ServiceDraft } from './service.ts'
import { updatePolicy } from './update.ts'

export interface BuildInputs {
  /** The stack's name. */
  name: string
  draft: StackDraft
  /** The image of each service by the service's name. */
  images: Map<string, ImageSource>
  /** What each service mounts of the repository, by the service's name. */
  contents: Map<string, ContentMount[]>
  profiles: SeccompProfiles
}

interface Specs {
  networks: Map<string, NetworkSpec>
  volumes: Map<string, VolumeSpec>
}

/** By key in the file, and by full name. */
interface Declared extends Specs {
  byName: Specs
}

/**
 * A draft without problems to the canonical spec: names in full, defaults filled in, lists in a fixed order.
 * A service that is too large for a job is left out after its problem.
 * Networks and volumes that no service uses are left out, as Compose leaves them.
 */
export function build({ name, draft, images, contents, profiles }: BuildInputs): StackSpec {
  const declared = declare(draft)
  const jobs = awaited(draft.services)
  const fits = roomOfStack()
  const services = draft.services.flatMap((service) => {
    const image = images.get(service.name)
    if (!image) return []
    const container = sortContainer(
      containerOf(service, {
        image,
        ...declared,
        isJob: jobs.has(service.name),
        linked: linkedNames(service, draft.services),
        contents: contents.get(service.name) ?? [],
        profiles,
        services: draft.services,
      }),
    )
    return fits(service.at, container) ? [serviceSpec({ service, container, declared })] : []
  })
  const used = usedBy(
    services.map(({ container }) => container),
    declared,
  )
  const stack = { name, services: sortBy(services, (one) => one.name), ...used, drift: draft.drift }
  return { ...stack, digest: stackDigest(stack) }
}

function declare(draft: StackDraft): Declared {
  const networks = new Map(draft.networks.map(({ key, spec }) => [key, spec] as const))
  const volumes = new Map(draft.volumes.map((one) => [one.key, volumeSpec(one)] as const))
  return { networks, volumes, byName: { networks: named(networks), volumes: named(volumes) } }
}

function named<T extends { name: string }>(specs: Map<string, T>): Map<string, T> {
  return new Map([...specs.values()].map((spec) => [spec.name, spec]))
}

function volumeSpec({ name, external, labels, driverOpts }: ResourceDraft): VolumeSpec {
  return { name, external, labels, ...defined({ driverOpts }) }
}

/** The services that another one waits for to complete. */
function awaited(services: ServiceDraft[]): Set<string> {
  const dependencies = services.flatMap((service) => service.depends_on ?? [])
  return new Set(
    dependencies.filter(({ condition }) => condition === 'completed').map(({ service }) => service),
  )
}

/** The names that others give a service with `links`, by the key of each network that they share with it. */
function linkedNames(service: ServiceDraft, services: ServiceDraft[]): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const other of services) {
    const aliases = (other.links ?? []).filter((link) => link.service === service.name)
    const shared = service.networks?.filter(({ key }) => other.networks?.some((one) => one.key === key)) ?? []
    for (const { key } of aliases.length > 0 ? shared : []) {
      names.set(key, [...(names.get(key) ?? []), ...aliases.map(({ alias }) => alias)])
    }
  }
  return names
}

interface ServiceInputs {
  service: ServiceDraft
  container: ContainerSpec
  declared: Declared
}

function serviceSpec({ service, container, declared }: ServiceInputs): ServiceSpec {
  const mode = service.deploy?.mode ?? 'replicated'
  return {
    name: service.name,
    mode,
    replicas: mode === 'global' ? 1 : (service.deploy?.replicas ?? service.scale ?? 1),
    dependsOn: dependencies(service),
    update: updatePolicy({
      update: service.deploy?.update_config ?? {},
      deadline: service['x-setpoint']?.update?.deadline,
      healthcheck: container.healthcheck,
      stopGracePeriod: container.stopGracePeriod,
    }),
    container,
    fingerprint: fingerprint(container, usedBy([container], declared)),
  }
}

function dependencies({ depends_on = [] }: ServiceDraft) {
  const all = depends_on.map(({ service, condition }) => ({ service, condition }))
  return sortBy(all, (one) => one.service)
}

function usedBy(containers: ContainerSpec[], { byName }: Declared): Used {
  const networks = containers.flatMap((one) => one.networks.map(({ network }) => network))
  const mounts = containers.flatMap((one) => one.mounts.filter(({ type }) => type === 'volume'))
  const volumes = mounts.map(({ source }) => source)
  return { networks: pick(byName.networks, networks), volumes: pick(byName.volumes, volumes) }
}

function pick<T extends { name: string }>(byName: Map<string, T>, names: string[]): T[] {
  const found = [...new Set(names)].flatMap((name) => byName.get(name) ?? [])
  return sortBy(found, ({ name }) => name)
}
