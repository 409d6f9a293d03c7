import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import type { PublishedPort } from '../../schemas/network.ts'
import {
  describeHost,
  describePort,
  familiesOf,
  type HostPort,
  oneAddress,
  samePort,
} from '../../schemas/port.ts'
import type { Task } from '../../schemas/task.ts'
import { type Cidr, contains } from './cidr.ts'
import type { Lease } from './leases.ts'
import type { Attachment } from './networks.ts'

/** A socket that takes what comes in on a port. */
export interface Listener {
  protocol: 'tcp' | 'udp'
  /** `0.0.0.0` for every address. */
  address: string
  port: number
  inode: string
}

/**
 * Throws NETWORK_FAILED for a port whose address the rules cannot have: they are put in force all together, so that one
 * bad rule would keep the ports of every other task out.
 */
export function checkAddresses(ports: PublishedPort[]): void {
  const bad = ports.find((port) => familiesOf(port).length === 0)
  if (bad === undefined) return
  const port = `${bad.published}->${bad.target}/${bad.protocol}`
  const message = `Port ${port} cannot be published on ${JSON.stringify(bad.hostIp)}: that is no IP address.`
  throw new SetpointError('NETWORK_FAILED', message, {
    hint: 'Give an IP address of the host under `ports`, or none to publish it on every address.',
  })
}

/**
 * Throws PORT_IN_USE when another task holds one of the ports. Tasks of one service share theirs, unless each is to have
 * it to itself (`mode: host`); a task that replaces another has the same slot and takes over what that one had.
 * @param leases everybody's, by task id
 */
export function checkClaims(
  task: Task,
  ports: PublishedPort[],
  leases: [taskId: string, lease: Lease][],
): void {
  for (const [taskId, other] of leases) {
    const own = isOfService(task, other)
    for (const port of ports) {
      if (own && (port.mode !== 'host' || other.slot === task.slot)) continue
      if (!other.ports.some((held) => samePort(held, port))) continue
      if (own) throw heldByNeighbour(port, `${task.stack}/${task.service}.${other.slot ?? taskId}`)
      throw inUse(port, `task ${taskId} of service ${other.stack}/${other.service}`)
    }
  }
}

/**
 * Throws NETWORK_FAILED for a port on an address of a family that the task has no address of: what comes in by IPv6 cannot
 * go on by IPv4.
 */
export function checkFamilies(
  ports: PublishedPort[],
  { addresses, addresses6 = {} }: Pick<Attachment, 'addresses' | 'addresses6'>,
): void {
  const has = { ip: Object.keys(addresses).length > 0, ip6: Object.keys(addresses6).length > 0 }
  if (!has.ip && !has.ip6) return // no network: nothing is published, and nothing is expected to be
  const lost = ports.find((port) => !familiesOf(port).some((family) => has[family]))
  if (lost === undefined) return
  const [name, setting] = has.ip ? ['IPv6', 'enable_ipv6: true'] : ['IPv4', 'enable_ipv4: true']
  const message = `Port ${describePort(lost)} is on an ${name} address, and no network of the task has ${name}.`
  throw new SetpointError('NETWORK_FAILED', message, {
    hint: `Set \`${setting}\` on a network of the service, or publish the port on another address.`,
  })
}

export function isOfService(task: Pick<Task, 'stack' | 'service'>, lease: Lease): boolean {
  return lease.stack === task.stack && lease.service === task.service
}

/** Throws PORT_IN_USE for a range of which every port is held. */
export function noneFree({ published, publishedEnd, target, protocol }: PublishedPort): never {
  const range = published === 0 ? 'the ephemeral ports of the host' : `${published}-${publishedEnd}`
  throw new SetpointError('PORT_IN_USE', `None of ${range} is free for port ${target}/${protocol}.`, {
    hint: 'See what holds them with `ss -ltunp`, or name a longer range under `ports`.',
  })
}

/**
 * Throws PORT_IN_USE when a process of the host listens on one of the ports, naming it where /proc tells.
 * @param proc the folder of a process in the host's network namespace, `/proc/self`
 * @param own the agent's subnets: its name servers there are in nobody's way
 */
export async function checkListeners(ports: PublishedPort[], proc: string, own: Cidr[]): Promise<void> {
  const listeners = await listenersOf(ports, proc, own)
  for (const port of ports) {
    const holder = listeners.find((listener) => isHeldBy(listener, port))
    if (holder) throw inUse(port, await processWith(holder.inode))
  }
}

/** What listens on the host by the protocols of these ports; parameters as of `checkListeners`. */
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

function heldByNeighbour({ published, protocol }: PublishedPort, holder: string): SetpointError {
  const message = `Port ${published}/${protocol} is held by ${holder}: with mode: host each task has its port to itself.`
  return new SetpointError('PORT_IN_USE', message, {
    hint: 'Run one task of the service on each host, leave out `published` or give a range, or take `mode: ingress`.',
  })
}

function inUse(port: PublishedPort, holder: string): SetpointError {
  const name = `${describeHost(port)}${port.published}/${port.protocol}`
  return new SetpointError('PORT_IN_USE', `Port ${name} is held by ${holder}.`, {
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
