import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { PublishedPort } from '../../schemas/network.ts'
import type { Task } from '../../schemas/task.ts'
import { type Cidr, contains } from './cidr.ts'
import type { Lease } from './leases.ts'
import { anyAddress, isAddressable } from './rules.ts'

/** A socket that takes what comes in on a port. */
export interface Listener {
  address: string
  port: number
  inode: string
}

/**
 * Throws NETWORK_FAILED for a port whose address the rules cannot have: they are put in force all together, so that one
 * bad rule would keep the ports of every other task out.
 */
export function checkAddresses(ports: PublishedPort[]): void {
  const bad = ports.find((port) => !isAddressable(port))
  if (bad === undefined) return
  const port = `${bad.published}->${bad.target}/${bad.protocol}`
  const message = `Port ${port} cannot be published on ${JSON.stringify(bad.hostIp)}: that is no IPv4 address.`
  throw new SetpointError('NETWORK_FAILED', message, {
    hint: 'Give an IPv4 address of the host under `ports`, or none to publish it on every address.',
  })
}

/**
 * Throws PORT_IN_USE when a task of another service holds one of the ports. Tasks of one service share theirs.
 * @param leases everybody's, by task id
 */
export function checkClaims(task: Task, leases: [taskId: string, lease: Lease][]): void {
  for (const [taskId, other] of leases) {
    if (other.stack === task.stack && other.service === task.service) continue
    for (const port of task.container.ports) {
      if (!other.ports.some((held) => samePort(held, port))) continue
      throw inUse(port, `task ${taskId} of service ${other.stack}/${other.service}`)
    }
  }
}

/**
 * Throws PORT_IN_USE when a process of the host listens on one of the ports, naming it where /proc tells.
 * @param proc the folder of a process in the host's network namespace, `/proc/self`
 * @param own the agent's subnets: its name servers there are in nobody's way
 */
export async function checkListeners(ports: PublishedPort[], proc: string, own: Cidr[]): Promise<void> {
  for (const protocol of new Set(ports.map((port) => port.protocol))) {
    const all = await listenersOf(protocol, proc)
    const listeners = all.filter(({ address }) => !own.some((subnet) => contains(subnet, address)))
    for (const port of ports) {
      const holder = port.protocol === protocol && listeners.find((listener) => isHeldBy(listener, port))
      if (holder) throw inUse(port, await processWith(holder.inode))
    }
  }
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
      const address = addressOf(hex)
      return address === undefined ? [] : [{ address, port: Number.parseInt(port, 16), inode }]
    })
}

async function listenersOf(protocol: 'tcp' | 'udp', proc: string): Promise<Listener[]> {
  const texts = await Promise.all(
    [protocol, `${protocol}6`].map((name) => readFile(join(proc, 'net', name), 'utf8').catch(absent)),
  )
  return texts.flatMap((text) => parseSockets(text, protocol))
}

/** IPv4 from the kernel's hex (in the machine's byte order), also when mapped into or covered by IPv6; else undefined. */
function addressOf(hex: string): string | undefined {
  if (/^0+$/.test(hex)) return '0.0.0.0'
  const mapped = hex.length === 32 && hex.startsWith('0000000000000000FFFF0000')
  if (hex.length !== 8 && !mapped) return undefined
  const octets = hex.slice(-8).match(/../g) ?? []
  return octets
    .reverse()
    .map((octet) => Number.parseInt(octet, 16))
    .join('.')
}

function isHeldBy(listener: Listener, port: PublishedPort): boolean {
  const wanted = anyAddress(port.hostIp)
  const anywhere = wanted === undefined || listener.address === '0.0.0.0'
  return listener.port === port.published && (anywhere || listener.address === wanted)
}

/** What is taken on the host when a port is published. */
interface HostPort {
  hostIp?: string | undefined
  published: number
  protocol: string
}

/** True when who has one port has the other: same number and protocol, and an address in common. */
export function samePort(a: HostPort, b: HostPort): boolean {
  const [one, other] = [anyAddress(a.hostIp), anyAddress(b.hostIp)]
  const sameAddress = one === undefined || other === undefined || one === other
  return a.published === b.published && a.protocol === b.protocol && sameAddress
}

function inUse({ hostIp, published, protocol }: PublishedPort, holder: string): SetpointError {
  const port = `${hostIp ? `${hostIp}:` : ''}${published}/${protocol}`
  return new SetpointError('PORT_IN_USE', `Port ${port} is held by ${holder}.`, {
    hint: 'Stop what holds the port, or publish another one under `ports`.',
  })
}

/** `nginx (pid 812)` for whoever has the socket open. */
async function processWith(inode: string): Promise<string> {
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
