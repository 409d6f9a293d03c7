import { UNKNOWN_SECRET } from '../../schemas/sealing/secret.ts'
import type { ServiceSpec, StackSpec } from '../../schemas/stack.ts'
import { fingerprint } from '../desired/spec/fingerprint.ts'

/**
 * A spec that was loaded offline, where nobody knows the digest of a secret, with the digests of what runs: whether such
 * a secret has another value cannot be told, so it counts as unchanged where there is one.
 */
export function withKnownSecrets(spec: StackSpec, running: StackSpec | null): StackSpec {
  const services = new Map(running?.services.map((service) => [service.name, service]))
  return {
    ...spec,
    services: spec.services.map((service) => known(service, services.get(service.name), spec)),
  }
}

function known(service: ServiceSpec, running: ServiceSpec | undefined, spec: StackSpec): ServiceSpec {
  const { contents } = service.container
  if (!running || !contents?.some(({ digest }) => digest === UNKNOWN_SECRET)) return service
  const digests = new Map(
    running.container.contents?.map(({ kind, target, digest }) => [`${kind} ${target}`, digest]),
  )
  const container = {
    ...service.container,
    contents: contents.map((content) =>
      content.digest === UNKNOWN_SECRET
        ? { ...content, digest: digests.get(`${content.kind} ${content.target}`) ?? UNKNOWN_SECRET }
        : content,
    ),
  }
  return { ...service, container, fingerprint: fingerprint(container, usedOf(container, spec)) }
}

function usedOf(container: ServiceSpec['container'], spec: StackSpec) {
  const networks = new Set(container.networks.map(({ network }) => network))
  const volumes = new Set(container.mounts.map(({ source }) => source))
  return {
    networks: spec.networks.filter(({ name }) => networks.has(name)),
    volumes: spec.volumes.filter(({ name }) => volumes.has(name)),
  }
}
