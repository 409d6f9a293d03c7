import type { Task } from '../../schemas/task.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { CgroupMode } from './cgroup.ts'
import type { Confinement } from './confinement.ts'
import { DEVICE_RULES, defaultMounts, MASKED_PATHS, NETWORK_SYSCTLS, READONLY_PATHS } from './defaults.ts'
import { type BlockDevices, resourcesOf, rlimitsOf } from './limits.ts'
import { mountsOf, rootPropagationOf } from './mounts.ts'
import { argvOf, environmentOf } from './process.ts'
import type { Container } from './runtime.ts'
import type { User } from './user.ts'

/** What a bundle needs to know beside the container itself. */
export interface BundleFacts {
  /** Eight hex digits that name the agent. */
  instance: string
  hostname: string
  user: User
  cgroupPath: string
  cgroup: CgroupMode
  /** The kernel can limit swap. */
  countsSwap: boolean
  seccomp: Confinement
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
  const spec = task.container
  return {
    ociVersion: '1.0.2',
    hostname: facts.hostname,
    root: { path: container.rootfs, readonly: spec.readOnly },
    process: processOf(container, facts),
    mounts: mountsOf(defaultMounts(spec.limits?.shmSize), container.mounts),
    annotations: {
      ...annotationsOf(task, facts.instance),
      // crun(1): the filter already compiled; runc does not know the word and compiles `linux.seccomp`
      ...(facts.seccomp.compiled !== undefined && { 'run.oci.seccomp_bpf_data': facts.seccomp.compiled }),
    },
    linux: {
      cgroupsPath: facts.cgroupPath,
      resources: { devices: DEVICE_RULES, ...resourcesOf(spec.resources, facts) },
      namespaces: namespacesOf(netns, facts.cgroup),
      sysctl: sysctlsOf(spec, netns),
      seccomp: facts.seccomp.filter,
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      rootfsPropagation: rootPropagationOf(container.mounts),
    },
  }
}

/** Docker's parameters for a network of its own, then what the service asks for; the domain has no field that runc knows. */
function sysctlsOf(
  { sysctls, domainname, networkMode }: Task['container'],
  netns: string | null,
): Record<string, string> {
  const isOwn = netns !== null && typeof networkMode !== 'object'
  return {
    ...(isOwn && NETWORK_SYSCTLS),
    ...(domainname !== undefined && { 'kernel.domainname': domainname }),
    ...sysctls,
  }
}

/**
 * Who made a container and for what. Labels stand under a name of ours: to crun and runc some annotations are orders
 * (`run.oci.handler`, `org.systemd.property.…`), and a stack file gives none to the runtime.
 */
export function annotationsOf(task: Task, instance: string): Record<string, string> {
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

function processOf({ task, image }: Container, { user, hostname, oomScoreAdj }: BundleFacts) {
  const spec = task.container
  const capabilities = capabilitiesOf(spec.capAdd, spec.capDrop)
  const score = spec.limits?.oomScoreAdj ?? oomScoreAdj
  return {
    terminal: false,
    user: { ...user, umask: 0o022 },
    args: argvOf(spec, image.config),
    env: environmentOf(spec, image.config, hostname),
    cwd: spec.workingDir ?? (image.config.workingDir || '/'),
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [] as string[], // none, or a file with inheritable bits would give them back to a user (CVE-2022-24769)
      ambient: [] as string[],
    },
    noNewPrivileges: spec.noNewPrivileges,
    ...rlimitsOf(spec.limits),
    ...(score !== undefined && { oomScoreAdj: score }),
  }
}

function namespacesOf(netns: string | null, cgroup: CgroupMode): { type: string; path?: string }[] {
  return [
    { type: 'pid' },
    { type: 'ipc' },
    { type: 'uts' },
    { type: 'mount' },
    ...(cgroup === 'v2' ? [{ type: 'cgroup' }] : []),
    ...(netns === null ? [] : [{ type: 'network', path: netns }]),
  ]
}
