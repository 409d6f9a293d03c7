import { SetpointError } from '../../schemas/error.ts'

/** What Docker gives a container when nothing is said (moby, profiles of `oci.DefaultCapabilities`). */
export const DEFAULT_CAPABILITIES = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
]

/** capabilities(7), all that Linux 5.9 and later know. */
const ALL_CAPABILITIES = [
  ...DEFAULT_CAPABILITIES,
  'CAP_AUDIT_CONTROL',
  'CAP_AUDIT_READ',
  'CAP_BLOCK_SUSPEND',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
  'CAP_DAC_READ_SEARCH',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_LEASE',
  'CAP_LINUX_IMMUTABLE',
  'CAP_MAC_ADMIN',
  'CAP_MAC_OVERRIDE',
  'CAP_NET_ADMIN',
  'CAP_NET_BROADCAST',
  'CAP_PERFMON',
  'CAP_SYSLOG',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_MODULE',
  'CAP_SYS_NICE',
  'CAP_SYS_PACCT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_WAKE_ALARM',
].sort()

/**
 * The capabilities of a container, sorted. As in Docker: names with or without `CAP_`, in any case; what is added
 * wins over `drop: ALL`, what is dropped wins over `add: ALL`; a name in both is dropped.
 * @throws SetpointError RUNTIME_FAILED for a name that is no capability
 */
export function capabilitiesOf(add: string[], drop: string[]): string[] {
  const added = add.map(capability)
  const dropped = new Set(drop.map(capability))
  const base = added.includes('ALL') ? ALL_CAPABILITIES : dropped.has('ALL') ? [] : DEFAULT_CAPABILITIES
  const wanted = new Set([...base, ...added])
  return [...wanted].filter((name) => name !== 'ALL' && !dropped.has(name)).sort()
}

function capability(name: string): string {
  const upper = name.toUpperCase()
  if (upper === 'ALL') return upper
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`
  if (ALL_CAPABILITIES.includes(full)) return full
  throw new SetpointError('RUNTIME_FAILED', `${name} is not a Linux capability.`, {
    hint: 'The names for cap_add and cap_drop stand in capabilities(7), e.g. NET_ADMIN.',
  })
}
