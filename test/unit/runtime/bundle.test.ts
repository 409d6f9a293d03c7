import { describe, expect, it } from 'vitest'
import { type BundleFacts, bundle } from '../../../agent/runtime/bundle.ts'
import { DEFAULT_CAPABILITIES } from '../../../agent/runtime/confinement/capabilities.ts'
import { NO_EDITS } from '../../../agent/runtime/devices/nodes.ts'
import type { Container } from '../../../agent/runtime/runtime.ts'
import type { ContainerSpec } from '../../../schemas/container.ts'
import { aTask } from '../../support/oci-host.ts'

const facts: BundleFacts = {
  instance: 'abcdef01',
  hostname: 'web-2',
  user: { uid: 0, gid: 0, additionalGids: [] },
  cgroupPath: '/setpoint/abcdef01/web-1',
  cgroup: 'v2',
  countsSwap: true,
  seccomp: { filter: { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] } },
  blockDevices: new Map(),
  capabilities: DEFAULT_CAPABILITIES,
  devices: { ...NO_EDITS, rules: [{ allow: false, access: 'rwm' }] },
}

function aConfig(
  spec: Partial<ContainerSpec> = {},
  rest: Partial<Container> = {},
  known: Partial<BundleFacts> = {},
) {
  const image = { id: 'i', reference: 'r', root: '/i', config: {} }
  const container = {
    task: aTask('web-1', spec),
    image,
    rootfs: '/r/rootfs',
    netns: '/n',
    mounts: [],
    ...rest,
  }
  return bundle(container, { ...facts, ...known })
}

const destinations = (config: ReturnType<typeof aConfig>) =>
  config.mounts.map(({ destination }) => destination)
const namespaces = (config: ReturnType<typeof aConfig>) => config.linux.namespaces.map(({ type }) => type)

describe('an OCI config', () => {
  it("has Docker's defaults", () => {
    const { process, root, linux } = aConfig()
    expect(process.capabilities).toEqual({
      bounding: DEFAULT_CAPABILITIES,
      effective: DEFAULT_CAPABILITIES,
      permitted: DEFAULT_CAPABILITIES,
      inheritable: [],
      ambient: [],
    })
    expect(process).toMatchObject({
      terminal: false,
      noNewPrivileges: false,
      cwd: '/',
      args: ['sleep', '1000'],
    })
    expect(root).toEqual({ path: '/r/rootfs', readonly: false })
    expect(linux.maskedPaths).toEqual(expect.arrayContaining(['/proc/kcore', '/proc/keys', '/sys/firmware']))
    expect(linux.readonlyPaths).toContain('/proc/sys')
    expect(linux.resources.devices).toEqual([{ allow: false, access: 'rwm' }])
    expect(linux.rootfsPropagation).toBe('rprivate')
  })

  it('asks for no resource limit, rlimit or oom score that nobody asked for', () => {
    const config = aConfig()
    expect(Object.keys(config.linux.resources)).toEqual(['devices'])
    expect(config.process).not.toHaveProperty('rlimits')
    expect(config.process).not.toHaveProperty('oomScoreAdj')
  })

  it('turns resources into what the kernel knows', () => {
    const resources = { memory: 1000, memoryReservation: 500, cpus: 0.5, pids: 20 }
    expect(aConfig({ resources }).linux.resources).toMatchObject({
      memory: { limit: 1000, reservation: 500, swap: 2000 },
      cpu: { quota: 50_000, period: 100_000 },
      pids: { limit: 20 },
    })
    expect(aConfig({ resources }, {}, { countsSwap: false }).linux.resources.memory).toEqual({
      limit: 1000,
      reservation: 500,
    })
  })

  it('has a cgroup namespace where cgroups can be seen through one', () => {
    expect(namespaces(aConfig())).toEqual(['pid', 'ipc', 'uts', 'mount', 'cgroup', 'network'])
    expect(namespaces(aConfig({}, {}, { cgroup: 'v1' }))).toEqual(['pid', 'ipc', 'uts', 'mount', 'network'])
  })

  it('has users of its own by their namespace, told to the runtime that has to know them', () => {
    const users = { first: 2_000_289_792, path: '/r/users' }
    const config = aConfig({}, { users })
    expect(config.linux.namespaces[0]).toEqual({ type: 'user', path: '/r/users' })
    expect(config.linux).not.toHaveProperty('uidMappings')
    expect(config.linux.sysctl).toHaveProperty(['net.ipv4.ping_group_range'], '0 65535')
    const mapping = [{ containerID: 0, hostID: 2_000_289_792, size: 65_536 }]
    const { linux } = aConfig({}, { users }, { mapsUsers: true })
    expect(linux).toMatchObject({ uidMappings: mapping, gidMappings: mapping })
    expect(aConfig({}, {}, { mapsUsers: true }).linux).not.toHaveProperty('uidMappings')
  })

  it("leaves the host's network alone when it uses that", () => {
    const config = aConfig({}, { netns: null })
    expect(namespaces(config)).not.toContain('network')
    expect(config.linux.sysctl).toEqual({})
    expect(aConfig().linux.sysctl).toHaveProperty(['net.ipv4.ip_unprivileged_port_start'], '0')
  })

  it('sets the parameters of the kernel that the service asks for, and its domain', () => {
    const asked = { sysctls: { 'net.core.somaxconn': '99' }, domainname: 'example.com' }
    const { sysctl } = aConfig(asked).linux
    expect(sysctl).toMatchObject({ 'net.core.somaxconn': '99', 'kernel.domainname': 'example.com' })
    expect(aConfig({ networkMode: { service: 'db' } }).linux.sysctl).toEqual({})
  })

  it('mounts parents before children, and what is asked for in the place of a default', () => {
    const mount = { type: 'bind' as const, source: '/s', readOnly: false }
    const config = aConfig(
      {},
      {
        mounts: [
          { ...mount, target: '/a/b/c' },
          { ...mount, target: '/a' },
          { ...mount, target: '/dev/shm' },
        ],
      },
    )
    expect(destinations(config).slice(-3)).toEqual(['/a', '/dev/shm', '/a/b/c'])
    expect(destinations(config).filter((path) => path === '/dev/shm')).toHaveLength(1)
  })

  it('gives mounts their options', () => {
    const config = aConfig(
      {},
      {
        mounts: [
          { type: 'bind', source: '/s', target: '/ro', readOnly: true },
          { type: 'tmpfs', source: '', target: '/t', readOnly: false, size: 4096, mode: 0o700 },
          { type: 'tmpfs', source: '', target: '/u', readOnly: true },
        ],
      },
    )
    expect(config.mounts.slice(-3).map(({ options }) => options)).toEqual([
      ['rbind', 'rprivate', 'rro'],
      ['nosuid', 'noexec', 'nodev', 'rw', 'mode=700', 'size=4096'],
      ['nosuid', 'noexec', 'nodev', 'ro', 'mode=1777'],
    ])
  })

  it('says whose container it is, and keeps labels from becoming orders to the runtime', () => {
    const config = aConfig({ labels: { 'run.oci.handler': 'wasm', 'setpoint.stack': 'other', team: 'a' } })
    expect(config.annotations).toEqual({
      'setpoint.instance': 'abcdef01',
      'setpoint.label.run.oci.handler': 'wasm',
      'setpoint.label.setpoint.stack': 'other',
      'setpoint.label.team': 'a',
      'setpoint.revision': 'c0ffee',
      'setpoint.service': 'web',
      'setpoint.slot': '2',
      'setpoint.stack': 'shop',
      'setpoint.task': 'web-1',
    })
  })

  it('hands over a filter that is compiled already beside the one that it was made of', () => {
    const config = aConfig({}, {}, { seccomp: { ...facts.seccomp, compiled: 'BPF=' } })
    expect(config.annotations).toHaveProperty(['run.oci.seccomp_bpf_data'], 'BPF=')
    expect(config.linux.seccomp).toEqual(facts.seccomp.filter)
  })
})
