import { SetpointError } from '../../../schemas/error.ts'

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

/** capabilities(7), all that Linux 5.9 and later know, by their number (linux/capability.h). */
const NUMBERED = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE ' +
  'NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT ' +
  'SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE ' +
  'AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ ' +
  'PERFMON BPF CHECKPOINT_RESTORE'
)
  .split(' ')
  .map((name) => `CAP_${name}`)

export const ALL_CAPABILITIES = [...NUMBERED].sort()

/** The capabilities of a set of /proc/PID/status, sorted. @param hex as after `CapEff:` */
export function capabilitiesIn(hex: string): string[] {
  const set = BigInt(`0x${hex}`)
  return NUMBERED.filter((_, number) => ((set >> BigInt(number)) & 1n) === 1n).sort()
}

/**
 * The capabilities of a container, sorted. As in Docker: names with or without `CAP_`, in any case; what is added
 * wins over `drop: ALL`, what is dropped wins over `add: ALL`; a name in both is dropped.
 * @param all what `ALL` means: the agent can give no more than it has
 * @throws SetpointError RUNTIME_FAILED for a name that is no capability
 */
export function capabilitiesOf(add: string[], drop: string[], all = ALL_CAPABILITIES): string[] {
  const added = add.map(capability)
  const dropped = new Set(drop.map(capability))
  const base = added.includes('ALL') ? all : dropped.has('ALL') ? [] : DEFAULT_CAPABILITIES
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
