import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { isConverged } from '../support/stacks.ts'

const DISK = firstDisk()

/**
 * What has led out of containers before, or out of their limits. `control`: the same probe finds the door open in a
 * privileged container, so it is a guard that shuts it and not a probe that cannot open anything.
 */
const ESCAPES: { name: string; how: string; control?: boolean }[] = [
  { name: 'mount-proc', how: 'a procfs of its own, nothing masked in it' },
  { name: 'mount-sysfs', how: 'a sysfs that can be written' },
  { name: 'mount-tmpfs', how: 'any mount at all' },
  { name: 'release-agent', how: 'a cgroup tree of its own and its release_agent (CVE-2022-0492)' },
  { name: 'fsopen', how: 'the newer system calls for mounts' },
  { name: 'open-tree', how: 'the newer system calls for mounts' },
  { name: 'user-namespace', how: 'all capabilities in a user namespace of its own' },
  { name: 'mount-namespace', how: 'a mount namespace of its own' },
  { name: 'enter-namespace', how: 'setns into another namespace' },
  { name: 'core-pattern', how: "the host's handler of core dumps" },
  { name: 'sysrq', how: 'the magic keys of the kernel', control: existsSync('/proc/sysrq-trigger') },
  { name: 'sys-write', how: 'settings of the kernel below /sys' },
  { name: 'cgroup-write', how: 'moving to another cgroup' },
  { name: 'masked', how: 'what the kernel shows of the host (CVE-2025-31133: the mask itself)' },
  { name: 'null-replaced', how: 'a /dev/null that is another file (CVE-2025-31133)', control: false },
  { name: 'disk', how: "the host's disk by a device file of its own", control: canRead(DISK.path) },
  { name: 'kmsg', how: "the kernel's log by a device file of its own" },
  { name: 'fuse', how: 'a device that nobody has given it' },
  { name: 'keyring', how: 'keys, which have no namespace' },
  { name: 'bpf', how: 'programs in the kernel' },
  { name: 'perf', how: 'counters over the whole machine' },
  { name: 'io-uring', how: 'system calls past the filter' },
  { name: 'userfaultfd', how: 'races in the kernel won at leisure' },
  { name: 'shocker', how: 'files of the host by their handle (shocker)' },
  { name: 'module', how: 'a module for the kernel', control: existsSync('/proc/modules') },
  { name: 'host-process', how: 'processes of the host' },
  { name: 'host-root', how: 'the root of a process of the host' },
  { name: 'abstract-sockets', how: 'abstract unix sockets of the host', control: false },
  { name: 'leaked-folder', how: 'a folder of the host left open (CVE-2024-21626)', control: false },
  { name: 'unreachable-folder', how: 'a working directory outside (CVE-2024-21626)', control: false },
  { name: 'runtime-overwritten', how: "the runtime's own program (CVE-2019-5736)", control: false },
]

let host: TestHost
const found: Record<string, Map<string, string>> = {}

const SERVICES = ['crun', 'runc', 'users', 'control'] as const

beforeAll(async () => {
  host = await startHost({ start: false })
  await copyFile(join(ROOT, 'test/support/escape-probes.pl'), join(host.folder, 'probes.pl'))
  await host.commit({ 'web/compose.yaml': composeFile() })
  await host.start()
  await host.until(isConverged(), 60_000)
  for (const service of SERVICES) found[service] = await answers(service)
}, 120_000)
afterAll(() => host?.destroy())

describe.runIf(process.arch === 'x64')('an escape', () => {
  it.each(ESCAPES)('$name: $how', ({ name, control = true }) => {
    expect(found.crun?.get(name), 'in a default container').toBe('no')
    expect(found.runc?.get(name), 'in a default container of runc').toBe('no')
    expect(found.users?.get(name), 'in a container with users of its own').toBe('no')
    if (control) expect(found.control?.get(name), 'in a privileged container').toBe('yes')
  })

  it('was tried while the runtime was in the container', () => {
    expect(found.runc?.get('runtime-seen')).toBe('yes')
  })
})

/** The host's Perl in a container of busybox, twice as tight as it comes and once wide open. */
function composeFile(): string {
  const service = (name: string, ...lines: string[]) =>
    [
      `  ${name}:`,
      `    image: ${TEST_IMAGE}`,
      '    entrypoint: [/usr/bin/perl, /probes.pl]',
      `    environment: {DISK: "${DISK.number}", HOST_PID: "${process.pid}"}`,
      '    healthcheck: {test: [CMD, "true"], interval: 1s, timeout: 20s, retries: 30}',
      '    volumes:',
      `      - ${join(host.folder, 'probes.pl')}:/probes.pl:ro`,
      ...['/usr:/usr', '/usr/lib:/lib', '/usr/lib64:/lib64'].map((mount) => `      - ${mount}:ro`),
      ...lines.map((line) => `    ${line}`),
      '',
    ].join('\n')
  return `services:\n${service('crun')}${service('runc', 'runtime: runc')}${service('users', 'userns_mode: auto')}${service('control', 'privileged: true', 'pid: host')}`
}

async function answers(service: string): Promise<Map<string, string>> {
  const read = async () => {
    const { json } = await host.setpoint('logs', `web/${service}`, '--tail', '200', '--output', 'json')
    const { lines } = json as { lines: { text: string }[] }
    return new Map(lines.map(({ text }) => text.trim().split(' ') as [string, string]))
  }
  const end = Date.now() + 60_000
  for (;;) {
    const said = await read()
    if (said.get('done') === 'yes') return said
    if (Date.now() > end) throw new Error(`${service} did not come to an end: ${[...said].join(' ')}`)
    await new Promise((resolve) => setTimeout(resolve, 500)) // a log tells nobody that it has grown
  }
}

/** The first disk of this machine: `254:0` and `/dev/vda`. */
function firstDisk(): { number: string; path: string } {
  const rows = readFileSync('/proc/partitions', 'utf8').trim().split('\n').slice(2)
  const row = rows.find((one) => /\s(vd|sd|nvme|xvd)\w+$/.test(one)) ?? '7 0 0 loop0'
  const [major, minor, , name] = row.trim().split(/\s+/)
  return { number: `${major}:${minor}`, path: `/dev/${name}` }
}

/** Some machines, as one that is itself in a sandbox, let nobody at their disk. */
function canRead(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}
