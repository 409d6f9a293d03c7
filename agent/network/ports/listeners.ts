import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { PublishedPort } from '../../../schemas/network.ts'
import { familiesOf, type HostPort, oneAddress } from '../../../schemas/port.ts'
import { type Cidr, contains } from '../addresses/cidr.ts'

/** A socket that takes what comes in on a port. */
export interface Listener {
  protocol: 'tcp' | 'udp'
  /** `0.0.0.0` for every address. */
  address: string
  port: number
  inode: string
}

/** What listens on the host by the protocols of these ports; parameters as of `checkListeners` in checks.ts. */
export async function listenersOf(ports: PublishedPort[], proc: string, own: Cidr[]): Promise<Listener[]> {
  const protocols = [...new Set(ports.map((port) => port.protocol))]
  const all = (await Promise.all(protocols.map((protocol) => socketsOf(protocol, proc)))).flat()
  return all.filter(({ address }) => !own.some((subnet) => contains(subnet, address)))
}

/** The sockets in /proc/net/{tcp,udp}[6] that wait for anybody: LISTEN for tcp, unconnected for udp. */
export function parseSockets(text: string, protocol: 'tcp' | 'udp'): Listener[] {
  const waiting = protocol === 'tcp' ? '0A' : '07'
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      const [hex, port] = local?.split(':') ?? []
      if (state !== waiting || !hex || !port || !inode) return []
      return [{ protocol, address: addressOf(hex), port: Number.parseInt(port, 16), inode }]
    })
}

async function socketsOf(protocol: 'tcp' | 'udp', proc: string): Promise<Listener[]> {
  const texts = await Promise.all(
    [protocol, `${protocol}6`].map((name) => readFile(join(proc, 'net', name), 'utf8').catch(absent)),
  )
  return texts.flatMap((text) => parseSockets(text, protocol))
}

/** From the kernel's hex, which is in the machine's byte order; `0.0.0.0` also for every address of IPv6, which covers IPv4. */
function addressOf(hex: string): string {
  if (/^0+$/.test(hex)) return '0.0.0.0'
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse())
  const mapped = /^0{20}ffff/i.test(bytes.join(''))
  if (bytes.length === 4 || mapped) {
    return bytes
      .slice(-4)
      .map((octet) => Number.parseInt(octet, 16))
      .join('.')
  }
  const text = bytes.join('').replace(/(.{4})(?!$)/g, '$1:')
  return new URL(`http://[${text}]/`).hostname.slice(1, -1)
}

/** True when the listener would get what comes in on the port. */
export function isHeldBy(listener: Listener, port: HostPort): boolean {
  if (listener.port !== port.published || listener.protocol !== port.protocol) return false
  if (listener.address === '0.0.0.0') return true
  const wanted = oneAddress(port.hostIp)
  if (wanted !== undefined) return listener.address === wanted
  return familiesOf(port).includes(listener.address.includes(':') ? 'ip6' : 'ip')
}

/** `nginx (pid 812)` for whoever has the socket open. */
export async function processWith(inode: string): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    if (await hasSocket(pid, inode)) {
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(absent)
      return `${name.trim() || 'a process'} (pid ${pid})`
    }
  }
  return 'another process'
}

async function hasSocket(pid: string, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const fds = await readdir(folder).catch(() => []) // it has ended
  const links = await Promise.all(fds.map((fd) => readlink(join(folder, fd)).catch(absent)))
  return links.includes(`socket:[${inode}]`)
}

/** A file of /proc that is not there: its process has ended, or the kernel has no such protocol. */
function absent(): string {
  return ''
}
