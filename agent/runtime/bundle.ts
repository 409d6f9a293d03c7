import { OWN_USERS } from '../../schemas/isolation.ts'
import type { Task } from '../../schemas/task.ts'
import type { CgroupMode } from './cgroup/cgroup.ts'
import { type BlockDevices, resourcesOf, rlimitsOf } from './cgroup/limits.ts'
import type { Confinement } from './confinement/confinement.ts'
import { baseMountsOf, namespacesOf, protectionOf } from './confinement/isolation.ts'
import { NETWORK_SYSCTLS } from './defaults.ts'
import type { DeviceEdits } from './devices/nodes.ts'
import { initMount, withInit } from './init.ts'
import { mountsOf, rootPropagationOf } from './mounts/mounts.ts'
import { argvOf, environmentOf } from './process.ts'
import type { Container } from './runtime.ts'
import type { User } from './users/accounts.ts'
import type { Users } from './users/users.ts'

/** What a bundle needs to know beside the container itself. */
export interface BundleFacts {
  /** Eight hex digits that name the agent. */
  instance: string
  hostname: string
  user: User
  capabilities: string[]
  cgroupPath: string
  cgroup: CgroupMode
  /** The kernel can limit swap. */
  countsSwap: boolean
  seccomp: Confinement
  /** The runtime wants to be told how users of its own are mapped; crun does harm with it (`giveOutput`). */
  mapsUsers?: boolean | undefined
  /** The folder that is /dev/shm, where containers share it. */
  shm?: string | undefined
  /** Absent where the host has no AppArmor, or nothing is asked of it. */
  apparmor?: string | undefined
  devices: DeviceEdits
  /** The devices that `resources.block` names, by path. */
  blockDevices: BlockDevices
  /** What the container's processes get when the service says nothing; undefined: what the agent itself has. */
  oomScoreAdj?: number | undefined
}

/** config.json of the runtime-spec, version 1.0.2, as far as Setpoint fills it in. */
export type OciConfig = ReturnType<typeof bundle>

/** The OCI config of a container. Defaults are Docker's or tighter; nothing is left to the runtime's own. */
export function bundle(container: Container, facts: BundleFacts) {
  const { task, netns } = container
  const { readOnly, resources, isolation = {} } = task.container
  const { devices, seccomp } = facts
  return {
    ociVersion: '1.0.2',
    ...(isolation.uts !== 'host' && { hostname: facts.hostname }),
    root: { path: container.rootfs, readonly: readOnly },
    process: processOf(container, facts),
    mounts: allMounts(container, facts),
    ...(Object.keys(devices.hooks).length > 0 && { hooks: devices.hooks }),
    annotations: {
      ...annotationsOf(task, facts.instance),
      // crun(1): the filter already compiled; runc does not know the word and compiles `linux.seccomp`
      ...(seccomp.compiled !== undefined && { 'run.oci.seccomp_bpf_data': seccomp.compiled }),
    },
    linux: {
      cgroupsPath: facts.cgroupPath,
      resources: { devices: devices.rules, ...resourcesOf(resources, facts) },
      ...(devices.nodes.length > 0 && { devices: devices.nodes }),
      namespaces: namespacesOf(isolation, {
        netns,
        cgroup: facts.cgroup,
        joined: container.joined?.pid,
        users: container.users?.path,
      }),
      ...(facts.mapsUsers && mappingsOf(container.users)),
      sysctl: sysctlsOf(container),
      ...protectionOf(isolation),
      ...(seccomp.filter && { seccomp: seccomp.filter }),
      rootfsPropagation: rootPropagationOf(container.mounts),
    },
  }
}

/** Docker's parameters for a network of its own, then what the service asks for; the domain has no field that runc knows. */
function sysctlsOf({ task, netns, users }: Container): Record<string, string> {
  const { sysctls, domainname, networkMode } = task.container
  const isOwn = netns !== null && typeof networkMode !== 'object'
  return {
    ...(isOwn && NETWORK_SYSCTLS),
    ...(isOwn && users && { 'net.ipv4.ping_group_range': `0 ${OWN_USERS - 1}` }),
    ...(domainname !== undefined && { 'kernel.domainname': domainname }),
    ...sysctls,
  }
}

/** runtime-spec §linux.uidMappings: those of the namespace that it joins. */
function mappingsOf(users: Users | undefined) {
  if (users === undefined) return {}
  const mapping = [{ containerID: 0, hostID: users.first, size: OWN_USERS }]
  return { uidMappings: mapping, gidMappings: mapping }
}

/**
 * Who made a container and for what. Labels stand under a name of ours: to crun and runc some annotations are orders
 * (`run.oci.handler`, `org.systemd.property.…`), and a stack file gives none to the runtime.
 */
function annotationsOf(task: Task, instance: string): Record<string, string> {
  return {
    ...Object.fromEntries(
      Object.entries(task.container.labels).map(([name, value]) => [`setpoint.label.${name}`, value]),
    ),
    'setpoint.instance': instance,
    'setpoint.revision': task.revision,
    'setpoint.service': task.service,
    'setpoint.slot': String(task.slot),
    'setpoint.stack': task.stack,
    'setpoint.task': task.id,
  }
}

function allMounts({ task, mounts }: Container, { devices, shm }: BundleFacts) {
  const { isolation = {}, limits, process } = task.container
  const own = mountsOf(baseMountsOf(isolation, limits?.shmSize, shm), mounts)
  return [...own, ...devices.mounts, ...(process?.init ? [initMount()] : [])]
}

function processOf({ task, image }: Container, facts: BundleFacts) {
  const spec = task.container
  const { capabilities, hostname, user, devices } = facts
  const argv = argvOf(spec, image.config)
  const score = spec.limits?.oomScoreAdj ?? facts.oomScoreAdj
  return {
    terminal: spec.process?.tty === true,
    user: { ...user, additionalGids: [...user.additionalGids, ...devices.groups], umask: 0o022 },
    args: spec.process?.init ? withInit(argv) : argv,
    env: [...environmentOf(spec, image.config, hostname), ...devices.env],
    cwd: spec.workingDir ?? (image.config.workingDir || '/'),
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [] as string[], // none, or a file with inheritable bits would give them back to a user (CVE-2022-24769)
      ambient: [] as string[],
    },
    noNewPrivileges: spec.noNewPrivileges,
    ...(facts.apparmor !== undefined && { apparmorProfile: facts.apparmor }),
    ...rlimitsOf(spec.limits),
    ...(score !== undefined && { oomScoreAdj: score }),
  }
}
