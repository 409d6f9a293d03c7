import { type Cursor, fail, suggestion } from '../../cursor.ts'
import { quote } from '../../yaml/node.ts'
import { filled, text } from '../values.ts'

const SIGNALS =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  )
const REALTIME = /^RTM(IN(\+\d{1,2})?|AX(-\d{1,2})?)$/

/** Compose Specification §stop_signal; a name with or without `SIG`, or a number of Linux. Gives the name: `SIGTERM`. */
export function signal(cursor: Cursor): string | undefined {
  const value = filled(cursor)
  if (value === undefined) return undefined
  const bare = value.toUpperCase().replace(/^SIG/, '')
  const name = /^\d+$/.test(bare) ? SIGNALS[Number(bare) - 1] : bare
  if (name !== undefined && (SIGNALS.includes(name) || REALTIME.test(name))) return `SIG${name}`
  return failWord(cursor, `${quote(value)} is no signal`, {
    near: suggestion(cursor, bare, SIGNALS),
    prefix: 'SIG',
  })
}

const CAPABILITIES =
  'AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM'.split(
    ' ',
  )

/** Compose Specification §cap_add; `ALL`, or a name of capabilities(7) in the form `CAP_NET_ADMIN`. */
export function capability(cursor: Cursor): string | undefined {
  const value = filled(cursor)
  if (value === undefined) return undefined
  const bare = value.toUpperCase().replace(/^CAP_/, '')
  if (bare === 'ALL') return 'ALL'
  if (CAPABILITIES.includes(bare)) return `CAP_${bare}`
  return failWord(cursor, `${quote(value)} is no capability`, {
    near: suggestion(cursor, bare, CAPABILITIES),
  })
}

/** A hostname: letters, digits, `-`, `.` and `_`, at most 63 characters. */
export function hostname(cursor: Cursor): string | undefined {
  const value = filled(cursor)
  if (value === undefined || /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(value)) return value
  return fail(cursor, `${quote(value)} is no hostname: letters, digits, -, _ and ., at most 63 characters`)
}

/** A name that a service answers to on a network: an alias or `container_name`. It stands on a line of a hosts file. */
export function networkName(cursor: Cursor): string | undefined {
  const value = filled(cursor)
  return value === undefined || isNetworkName(value) ? value : fail(cursor, notDnsName(value))
}

export function isNetworkName(text: string): boolean {
  return /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,252}$/.test(text)
}

export function notDnsName(text: string): string {
  return `${quote(text)} is no DNS name: letters, digits, -, _ and ., at most 253 characters`
}

/** Compose Specification §user: a name or number, and a group after a colon; empty is the user of the image. */
export function user(cursor: Cursor): string | undefined {
  const value = text(cursor)
  if (value === undefined || /^[^\s\p{Cc}]*$/u.test(value)) return value
  return fail(cursor, `${quote(value)} is no user: a name or number, as in app or 1000:1000, without spaces`)
}

/** Notes that a word is none of those that are known, with the one that was most likely meant. */
export function failWord(
  at: Cursor,
  message: string,
  { near, prefix = '' }: { near: string | undefined; prefix?: string },
) {
  if (near === undefined) return fail(at, message)
  const meant = `${prefix}${near}`
  return fail(at, `${message}; did you mean ${meant}?`, { suggestion: meant })
}
