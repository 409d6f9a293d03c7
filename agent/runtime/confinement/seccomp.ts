import { readFile } from 'node:fs/promises'
import { SetpointError } from '../../../schemas/error.ts'
import type { SeccompProfile } from '../../../schemas/seccomp.ts'
import { GUARDED, NAMESPACE_FLAGS, NEVER, VSOCK } from './seccomp-guard.ts'

/** The profile of containers-common; podman, buildah and CRI-O use the same file. */
export const SECCOMP_FILE = '/usr/share/containers/seccomp.json'

type Rule = NonNullable<SeccompProfile['syscalls']>[number]
type Argument = NonNullable<Rule['args']>[number]

/** runtime-spec §seccomp. */
export interface LinuxSeccomp {
  defaultAction: string
  defaultErrnoRet?: number
  architectures?: string[]
  syscalls: { names: string[]; action: string; errnoRet?: number; args?: Argument[] }[]
}

export interface SeccompTarget {
  /** In Go's spelling: `amd64`, `arm64`. */
  arch: string
  capabilities: string[]
  /** `uname -r`. */
  kernel: string
}

const EPERM = 1
const ERRNO = 'SCMP_ACT_ERRNO'
const ALLOW = 'SCMP_ACT_ALLOW'

/** libseccomp's names of the architectures that Node and Debian share. */
const NATIVE: Record<string, string> = {
  amd64: 'SCMP_ARCH_X86_64',
  arm: 'SCMP_ARCH_ARM',
  arm64: 'SCMP_ARCH_AARCH64',
  ppc64le: 'SCMP_ARCH_PPC64LE',
  riscv64: 'SCMP_ARCH_RISCV64',
  s390x: 'SCMP_ARCH_S390X',
}

/**
 * Reads the system's profile.
 * @throws SetpointError RUNTIME_MISSING when there is none: no container runs unconfined because a file is missing
 */
export async function loadSeccomp(file = SECCOMP_FILE): Promise<SeccompProfile> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new SetpointError('RUNTIME_MISSING', `The seccomp profile ${file} cannot be read.`, {
      hint: 'Install it: `apt-get install -y golang-github-containers-common` (it comes with buildah).',
      cause,
    })
  })
  return JSON.parse(text)
}

/**
 * The filter for one container: the profile's rules that hold for its architecture, kernel and capabilities, and
 * beyond them Docker's own limits, which are tighter (a container without CAP_SYS_ADMIN makes no namespaces or mounts).
 */
export function seccompFor(profile: SeccompProfile, target: SeccompTarget): LinuxSeccomp {
  const rules = [
    ...rulesFor(profile, target).flatMap((rule) => tighten(rule, target)),
    ...guards(profile, target),
  ]
  return filterOf(profile, {
    architectures: architecturesOf(profile, target.arch),
    rules: rules.filter(({ names }) => names.length > 0),
  })
}

/** The filter of a profile as its author wrote it: its rules that hold here, and nothing more. */
export function ownSeccomp(profile: SeccompProfile, target: SeccompTarget): LinuxSeccomp {
  return filterOf(profile, {
    architectures: profile.architectures ?? architecturesOf(profile, target.arch),
    rules: rulesFor(profile, target),
  })
}

/** The rules of a profile that hold for a container. */
function rulesFor({ syscalls }: SeccompProfile, target: SeccompTarget): PlainRule[] {
  return (syscalls ?? []).filter((rule) => applies(rule, target)).map(plain)
}

/** Without what the profile does anyway. */
function filterOf(
  profile: SeccompProfile,
  { architectures, rules }: { architectures: string[]; rules: PlainRule[] },
): LinuxSeccomp {
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet !== undefined && { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures.length > 0 && { architectures }),
    syscalls: rules.filter((rule) => !isDefault(rule, profile)),
  }
}

/** How Go calls the architecture that Node runs on. */
export function goArch(arch: string = process.arch): string {
  return { x64: 'amd64', ppc64: 'ppc64le', ia32: '386' }[arch] ?? arch
}

function architecturesOf({ archMap }: SeccompProfile, arch: string): string[] {
  const native = NATIVE[arch]
  const found = archMap?.find(({ architecture }) => architecture === native)
  return found ? [found.architecture, ...(found.subArchitectures ?? [])] : []
}

function applies({ includes, excludes }: Rule, { arch, capabilities, kernel }: SeccompTarget): boolean {
  if (excludes?.arches?.includes(arch)) return false
  if (excludes?.caps?.some((name) => capabilities.includes(name))) return false
  if (includes?.arches && includes.arches.length > 0 && !includes.arches.includes(arch)) return false
  if (includes?.minKernel !== undefined && !isAtLeast(kernel, includes.minKernel)) return false
  return includes?.caps?.every((name) => capabilities.includes(name)) ?? true
}

type PlainRule = LinuxSeccomp['syscalls'][number]

function plain({ name = '', names = [name], action, errnoRet, args }: Rule): PlainRule {
  return {
    names,
    action,
    ...(errnoRet !== undefined && { errnoRet }),
    ...(args && args.length > 0 && { args }),
  }
}

/** Takes out of a rule that allows what Docker would not. */
function tighten(rule: PlainRule, { capabilities }: SeccompTarget): PlainRule[] {
  if (rule.action !== ALLOW || rule.args) return [rule]
  const refused = new Set([...NEVER, ...refusedNames(capabilities)])
  const names = rule.names.filter((name) => !refused.has(name) && name !== 'socket')
  const rest = { ...rule, names }
  return rule.names.includes('socket') ? [rest, { names: ['socket'], action: ALLOW, args: [VSOCK] }] : [rest]
}

/** What is refused is refused by name, so that a program reads EPERM and not that its kernel is too old. */
function guards(profile: SeccompProfile, { arch, capabilities }: SeccompTarget): PlainRule[] {
  const refused = [...NEVER, ...refusedNames(capabilities)]
  const rules = [
    {
      names: refused.filter((name) => name !== 'clone' && name !== 'clone3'),
      action: ERRNO,
      errnoRet: EPERM,
    },
  ]
  if (!refused.includes('clone')) return rules
  const clone = {
    names: ['clone'],
    action: ALLOW,
    args: [{ ...NAMESPACE_FLAGS, index: arch === 's390x' ? 1 : 0 }],
  }
  // clone3's flags lie in memory, out of a filter's sight; told ENOSYS, the C libraries use clone
  const clone3 = { names: ['clone3'], action: ERRNO, errnoRet: ENOSYS }
  return profile.defaultErrnoRet === ENOSYS ? [...rules, clone] : [...rules, clone, clone3]
}

const ENOSYS = 38

function refusedNames(capabilities: string[]): string[] {
  return GUARDED.filter(({ caps }) => !caps.some((name) => capabilities.includes(name))).flatMap(
    ({ names }) => names,
  )
}

/** libseccomp refuses a rule that says what the default says anyway. */
function isDefault(rule: PlainRule, profile: SeccompProfile): boolean {
  return (
    rule.action === profile.defaultAction && (rule.errnoRet ?? EPERM) === (profile.defaultErrnoRet ?? EPERM)
  )
}

function isAtLeast(kernel: string, wanted: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number.parseFloat)
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number.parseFloat)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}
