import { hostname } from 'node:os'
import type { ContainerSpec } from '../../schemas/container.ts'
import { checkAbilities } from './abilities.ts'
import { bundle, type OciConfig } from './bundle.ts'
import { blockDevicesOf } from './cgroup/block-devices.ts'
import { ALL_CAPABILITIES, capabilitiesOf } from './confinement/capabilities.ts'
import type { Confinement } from './confinement/confinement.ts'
import { seccompFromFile, seccompFromProfile } from './confinement/seccomp-file.ts'
import { type Context, filesOf } from './context.ts'
import { devicesOn } from './devices/devices.ts'
import { sharedMemory } from './mounts/shared-memory.ts'
import { withSingleFiles } from './mounts/single-files.ts'
import type { Container } from './runtime.ts'
import { userOf } from './users/accounts.ts'
import { checkUser, forUsers } from './users/own-users.ts'

/**
 * The OCI config of a container on this host.
 * @throws SetpointError HOST_UNABLE for what the host cannot give, RUNTIME_FAILED for what the image does not have
 */
export async function configFor(context: Context, container: Container): Promise<OciConfig> {
  const { abilities, info, paths } = context
  const { task, image } = container
  const spec = task.container
  const { isolation = {}, process, devices, resources } = spec
  checkAbilities(spec, abilities)
  const capabilities = capabilitiesFor(context, spec)
  const mounts = await withSingleFiles(await forUsers(context, container))
  const user = await userOf(spec.user ?? image.config.user, image.root, process?.groups)
  checkUser(user, container.users)
  return bundle(
    { ...container, mounts },
    {
      instance: paths.instance,
      hostname: hostnameOf(container),
      user,
      mapsUsers: info.name === 'runc',
      capabilities,
      cgroupPath: filesOf(context, task.id).cgroup,
      cgroup: info.cgroup,
      countsSwap: abilities.countsSwap,
      seccomp: await confinementOf(context, spec),
      shm: await sharedMemory(paths, container),
      apparmor: abilities.hasAppArmor
        ? (isolation.apparmor ?? (isolation.privileged && 'unconfined')) || undefined
        : undefined,
      devices: await devicesOn(devices, isolation.privileged),
      blockDevices: await blockDevicesOf(resources.block),
      oomScoreAdj: abilities.oomScoreAdj < 0 ? 0 : undefined,
    },
  )
}

/** Privileged is all that the agent has; what it has, nobody can be given more than. */
export function capabilitiesFor(
  { abilities }: Context,
  { capAdd, capDrop, isolation }: ContainerSpec,
): string[] {
  const all = ALL_CAPABILITIES.filter((name) => abilities.capabilities.includes(name))
  return capabilitiesOf(isolation?.privileged ? ['ALL', ...capAdd] : capAdd, capDrop, all)
}

/** True when a container is confined as any other with its capabilities is. */
export function isConfinedAsUsual({ isolation = {} }: ContainerSpec): boolean {
  return isolation.seccomp === undefined && !isolation.privileged
}

async function confinementOf(context: Context, spec: ContainerSpec): Promise<Confinement> {
  const capabilities = capabilitiesFor(context, spec)
  if (isConfinedAsUsual(spec)) return context.confinements.of(capabilities)
  const { seccomp = 'unconfined' } = spec.isolation ?? {}
  if (seccomp === 'unconfined') return {}
  if (typeof seccomp === 'object') return { filter: seccompFromProfile(seccomp, capabilities) }
  return { filter: await seccompFromFile(seccomp, capabilities) }
}

/** Docker's rule: who uses the network of another has the hostname that goes with it. */
function hostnameOf({ task: { service, slot, container } }: Container): string {
  const { hostname: own, networkMode, isolation } = container
  if (isolation?.uts === 'host') return hostname()
  if (own !== undefined) return own
  if (networkMode === 'host') return hostname()
  return `${typeof networkMode === 'object' ? networkMode.service : service}-${slot}`.slice(0, 63)
}
