import { describe, expect, it } from 'vitest'
import { DEFAULT_CAPABILITIES } from '../../../../agent/runtime/confinement/capabilities.ts'
import {
  type LinuxSeccomp,
  loadSeccomp,
  type SeccompTarget,
  seccompFor,
} from '../../../../agent/runtime/confinement/seccomp.ts'

const ALLOW = 'SCMP_ACT_ALLOW'
const target: SeccompTarget = { arch: 'amd64', capabilities: DEFAULT_CAPABILITIES, kernel: '6.1.0-13-amd64' }
const profile = await loadSeccomp()

const filterFor = (change: Partial<SeccompTarget> = {}) => seccompFor(profile, { ...target, ...change })
const rulesOf = ({ syscalls }: LinuxSeccomp, name: string) =>
  syscalls.filter(({ names }) => names.includes(name))
const verdictsOn = (filter: LinuxSeccomp, name: string) => [
  ...new Set(rulesOf(filter, name).map(({ action, errnoRet }) => `${action} ${errnoRet}`)),
]
const isAllowed = (filter: LinuxSeccomp, name: string) =>
  rulesOf(filter, name).some(({ action, args }) => action === ALLOW && args === undefined)

describe('the filter of system calls', () => {
  it('allows what programs need', () => {
    const filter = filterFor()
    for (const name of [
      'read',
      'execve',
      'openat',
      'futex',
      'chroot',
      'ptrace',
      'name_to_handle_at',
      'arch_prctl',
    ]) {
      expect(isAllowed(filter, name), name).toBe(true)
    }
  })

  it('refuses what Docker refuses, though the profile of the system would not', () => {
    const filter = filterFor()
    const refused = [
      'mount',
      'umount2',
      'unshare',
      'setns',
      'move_mount',
      'open_tree',
      'keyctl',
      'pivot_root',
    ].concat(['bpf', 'reboot', 'syslog', 'mbind', 'pidfd_getfd', 'init_module', 'settimeofday', 'add_key'])
    for (const name of refused) {
      expect(verdictsOn(filter, name), name).toEqual(['SCMP_ACT_ERRNO 1'])
    }
    expect(rulesOf(filter, 'clone3')).toEqual([])
    expect(filter).toMatchObject({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 38 })
  })

  it('allows clone without new namespaces', () => {
    expect(rulesOf(filterFor(), 'clone')).toEqual([
      {
        names: ['clone'],
        action: ALLOW,
        args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ])
    expect(rulesOf(filterFor({ arch: 's390x' }), 'clone')[0]?.args?.[0]?.index).toBe(1)
  })

  it('keeps to the network: no sockets to the hypervisor', () => {
    expect(rulesOf(filterFor(), 'socket')).toMatchObject([{ action: ALLOW, args: [{ index: 0, value: 40 }] }])
  })

  it('opens with a capability what is for those who have it', () => {
    const filter = filterFor({ capabilities: [...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN', 'CAP_SYS_BOOT'] })
    for (const name of ['mount', 'unshare', 'clone', 'clone3', 'bpf', 'syslog', 'reboot']) {
      expect(isAllowed(filter, name), name).toBe(true)
    }
    expect(isAllowed(filter, 'keyctl')).toBe(false)
    expect(isAllowed(filterFor({ capabilities: [] }), 'chroot')).toBe(false)
  })

  it('is made for the architecture', () => {
    expect(filterFor().architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
    const arm = filterFor({ arch: 'arm64' })
    expect(arm.architectures).toEqual(['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'])
    expect(isAllowed(arm, 'arch_prctl')).toBe(false)
    expect(isAllowed(arm, 'arm_fadvise64_64')).toBe(true)
    expect(filterFor({ arch: 'loong64' })).not.toHaveProperty('architectures')
  })

  it('is made for the kernel', () => {
    const rule = { names: ['ptrace'], action: ALLOW, includes: { minKernel: '4.8' } }
    const only = { ...profile, syscalls: [rule] }
    expect(isAllowed(seccompFor(only, { ...target, kernel: '4.10.0' }), 'ptrace')).toBe(true)
    expect(isAllowed(seccompFor(only, { ...target, kernel: '4.7.9' }), 'ptrace')).toBe(false)
  })

  it('has no rule that only repeats the default, which libseccomp would refuse', () => {
    const older = { ...profile, defaultErrnoRet: 1 }
    const { syscalls } = seccompFor(older, target)
    expect(
      syscalls.filter(({ action, errnoRet }) => action === 'SCMP_ACT_ERRNO' && (errnoRet ?? 1) === 1),
    ).toEqual([])
    expect(rulesOf({ ...older, syscalls }, 'clone3')).toMatchObject([{ errnoRet: 38 }])
  })

  it('is never left out because the file is missing', async () => {
    await expect(loadSeccomp('/no/such/file.json')).rejects.toMatchObject({
      code: 'RUNTIME_MISSING',
      hint: expect.stringContaining('golang-github-containers-common'),
    })
  })
})
