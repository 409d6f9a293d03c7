import { isIP } from 'node:net'
import { type DriverOptions, withoutPasswords } from '../../schemas/volume.ts'
import type { Argv } from '../runtime/exec.ts'

/**
 * A line of fstab(5), which writes white space, backslashes and `#` as octal. `mount` reads options from a file, so that
 * a password among them is in no argv.
 */
export function mountLine({ type, device, o }: DriverOptions, target: string): string {
  const fields = [device, target, type, o || 'defaults'].map((field) =>
    field.replace(/[\s\\#]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`),
  )
  return `${fields.join(' ')} 0 0\n`
}

/**
 * The kernel itself is asked, as Docker does, and no helper such as mount.nfs or mount.cifs.
 * @param list the file with the line
 */
export function mountArgv(list: string, target: string): Argv {
  return ['mount', '--internal-only', '--fstab', list, target]
}

/** File systems of a server, whose address the kernel wants as a number. */
const REMOTE = /^(nfs4?|cifs|smb3)$/

/** The name of the server that is to be looked up; undefined when there is none, or when it is a number. */
export function serverOf({ type, device, o = '' }: DriverOptions): string | undefined {
  if (!REMOTE.test(type)) return undefined
  const server = addressIn(o) ?? serverIn(type, device)
  return server === undefined || isIP(server) > 0 ? undefined : server
}

/** The options with the server's address: `addr` for nfs, as well as for cifs, where mount.cifs would say `ip`. */
export function withAddress(options: DriverOptions, address?: string): DriverOptions {
  const { type, device, o = '' } = options
  if (!REMOTE.test(type)) return options
  const found = address ?? addressIn(o) ?? serverIn(type, device)
  if (found === undefined) return options
  const others = o.split(',').filter((option) => option !== '' && !/^(addr|ip)=/.test(option))
  return { ...options, o: [...others, `addr=${found}`].join(',') }
}

function addressIn(o: string): string | undefined {
  return /(?:^|,)(?:addr|ip)=([^,]+)/.exec(o)?.[1]
}

/** `server:/path`, `[2001:db8::1]:/path`, `//server/share`. */
function serverIn(type: string, device: string): string | undefined {
  const [, bracketed, plain] = type.startsWith('nfs')
    ? (/^(?:\[([^\]]+)\]|([^:/]+)):/.exec(device) ?? [])
    : (/^\/\/(?:\[([^\]]+)\]|([^/]+))\//.exec(device) ?? [])
  return bracketed ?? plain
}

/** What `mount` said, without what is secret of the options; as short as it can be. */
export function plainWords(said: string): string {
  const line = said.trim().split('\n')[0] ?? ''
  return withoutPasswords(line.replace(/^mount: \S+: /, '').replace(/\.$/, ''))
}

/** What to do about it. */
export function hintFor(said: string, { type, device }: DriverOptions): string {
  if (/unknown filesystem type/.test(said)) {
    const packages = REMOTE.test(type)
      ? 'on small cloud kernels it is in a package such as linux-modules-extra; '
      : ''
    return `The kernel of this host has no ${type}: \`modprobe ${type}\`; ${packages}\`cat /proc/filesystems\` shows what it has.`
  }
  if (/special device .* does not exist/.test(said))
    return `Make ${withoutPasswords(device)} on the host first.`
  if (/timed out|no route|refused|unreachable/i.test(said))
    return 'Is the server up, and reached from this host?'
  return 'See `dmesg | tail` for what the kernel says, and correct driver_opts under the volume.'
}
