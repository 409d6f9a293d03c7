import type { ContainerSpec } from '../../../schemas/container.ts'
import type { ContentMount } from '../../../schemas/content.ts'
import type { ImageSource } from '../../../schemas/image.ts'
import type { NetworkAttachment, NetworkSpec } from '../../../schemas/network.ts'
import type { RestartPolicy } from '../../../schemas/restart.ts'
import type { Mount, VolumeSpec } from '../../../schemas/volume.ts'
import { defined } from '../defined.ts'
import type { SeccompProfiles } from './contents/seccomp-profiles.ts'
import { joined } from './network/joined.ts'
import { networkSettings } from './network/settings.ts'
import { devicesOf } from './service/devices.ts'
import { effectiveHealthcheck } from './service/health.ts'
import { hasNoNewPrivileges, isolationOf, processOf } from './service/isolation.ts'
import { processLimitsOf, resourcesOf } from './service/service-limits.ts'
import type { ServiceDraft } from './service.ts'

/** Milliseconds between stop signal and SIGKILL where the stack file says nothing, as in Compose. */
const STOP_GRACE_PERIOD = 10_000

export interface ContainerInputs {
  image: ImageSource
  contents: ContentMount[]
  profiles: SeccompProfiles
  /** Networks and volumes of the stack by their key in the file. */
  networks: Map<string, NetworkSpec>
  volumes: Map<string, VolumeSpec>
  /** Names that other services give this one (`links`), by the key of a network that both are in. */
  linked: Map<string, string[]>
  /** All of the stack. */
  services: ServiceDraft[]
  /** Another service waits for this one to complete. */
  isJob: boolean
}

/** One container of a service, with Compose's defaults filled in. */
export function containerOf(service: ServiceDraft, inputs: ContainerInputs): ContainerSpec {
  return {
    image: inputs.image,
    ...defined({ entrypoint: service.entrypoint, command: service.command }),
    environment: service.environment ?? {},
    ...defined({ workingDir: service.working_dir, user: service.user || undefined }),
    ...networkSettings(service, inputs.services),
    labels: service.labels ?? {},
    networks: attachmentsOf(service, inputs),
    ...defined({ endpointMode: service.deploy?.endpoint_mode === 'vip' ? ('vip' as const) : undefined }),
    ports: service.network_mode === 'host' ? [] : (service.ports ?? []).map(({ port }) => port),
    mounts: mountsOf(service, inputs.volumes),
    ...defined({
      contents: inputs.contents.length > 0 ? inputs.contents : undefined,
    }),
    ...effectiveHealthcheck(service.healthcheck, service['x-setpoint']?.healthcheck),
    restart: restartOf(service, inputs.isJob),
    resources: resourcesOf(service),
    ...defined({
      limits: processLimitsOf(service),
      isolation: isolationOf(service, inputs.profiles),
      process: processOf(service),
      devices: devicesOf(service),
      stopSignal: service.stop_signal,
    }),
    stopGracePeriod: service.stop_grace_period ?? STOP_GRACE_PERIOD,
    readOnly: service.read_only ?? false,
    noNewPrivileges: hasNoNewPrivileges(service),
    capAdd: service.cap_add ?? [],
    capDrop: service.cap_drop ?? [],
    ...defined({ logging: service.logging }),
  }
}

/**
 * Absent, Swarm's default counts: a service is kept running. A service that others wait for to complete runs once,
 * as in Compose.
 */
function restartOf(service: ServiceDraft, isJob: boolean): RestartPolicy {
  return service.deploy?.restart_policy ?? service.restart ?? { condition: isJob ? 'none' : 'any' }
}

/**
 * In the order in which the networks are joined; `mac_address` of the service is that of the first, as in Compose.
 * The service's name is always one of its names, and so is `container_name`, which people use as a host name.
 */
function attachmentsOf(
  service: ServiceDraft,
  { networks, linked }: Pick<ContainerInputs, 'networks' | 'linked'>,
): NetworkAttachment[] {
  const names = [service.name, ...(service.container_name === undefined ? [] : [service.container_name])]
  const byName = new Map<string, NetworkAttachment>()
  for (const [index, { key, aliases, place }] of joined(service).entries()) {
    const network = networks.get(key)?.name
    if (!network) continue
    const known = byName.get(network) ?? { network, aliases: names }
    const mac = index === 0 ? service.mac_address : undefined
    byName.set(network, {
      ...known,
      ...defined({ mac }),
      ...place,
      aliases: [...known.aliases, ...aliases, ...(linked.get(key) ?? [])],
    })
  }
  return [...byName.values()]
}

/** The mounts of a service. Where two have one target, the later one counts, as in Compose. */
function mountsOf(service: ServiceDraft, volumes: Map<string, VolumeSpec>): Mount[] {
  const byTarget = new Map<string, Mount>()
  for (const { mount } of [...(service.volumes ?? []), ...(service.tmpfs ?? [])]) {
    const source = mount.type === 'volume' ? (volumes.get(mount.source)?.name ?? mount.source) : mount.source
    byTarget.set(mount.target, { ...mount, source })
  }
  return [...byTarget.values()]
}
