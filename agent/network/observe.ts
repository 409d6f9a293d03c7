import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { formatAddress } from '../../schemas/address.ts'
import { readKernelFile } from '../kernel-file.ts'
import { succeed } from '../runtime/exec.ts'
import { within } from './within.ts'

/** The host's end of a link as the kernel has it. */
export interface HostLink {
  ifname: string
  master?: string
  flags: string[]
}

/** Looks at namespaces and links. Made to be called for every task every few seconds. */
export interface Observer {
  /** Addresses that are in force in the namespace, loopback, link-local IPv6 and what a router advertised left out. */
  addressesIn(namespace: { name: string; path: string }): Promise<string[]>
  /** The veth ends on the host by name; calls close together share one look. */
  hostLinks(): Promise<Map<string, HostLink>>
  /** Forgets what was seen. */
  forget(): void
}

/** Milliseconds for which what was seen of links is good, and between two scans at least. */
const LINKS_AGE = 300
const SCAN_AGE = 1_000
/** A scope in net/if_inet6, where loopback has 10 and link-local addresses have 20. */
const GLOBAL_SCOPE = '00'
/** IFA_F_PERMANENT of linux/if_addr.h. */
const PERMANENT = 0x80

/** @param prefix put before every command; empty in production */
export function createObserver(prefix: string[]): Observer {
  const pids = new Map<string, number>()
  let links: { at: number; seen: Promise<Map<string, HostLink>> } | undefined
  let scanned = 0

  /** A process in the namespace with this inode: its /proc/<pid>/net shows the namespace without entering it. */
  function processIn(inode: string): number | undefined {
    const known = pids.get(inode)
    if (known !== undefined && inodeOf(known) === inode) return known
    if (Date.now() - scanned > SCAN_AGE) {
      scanned = Date.now()
      pids.clear()
      for (const pid of processes()) {
        const found = inodeOf(pid)
        if (found !== undefined) pids.set(found, pid)
      }
    }
    return pids.get(inode)
  }

  return {
    async addressesIn({ name, path }) {
      const pid = processIn(String(statSync(path).ino))
      const text = pid === undefined ? undefined : readKernelFile(`/proc/${pid}/net/fib_trie`)
      const text6 = readKernelFile(`/proc/${pid}/net/if_inet6`) ?? ''
      if (text !== undefined) return [...localAddresses(text), ...localAddresses6(text6)]
      const argv = within(prefix, [
        'ip',
        '-n',
        name,
        '-j',
        'addr',
        'show',
        'up',
        'permanent',
        'scope',
        'global',
      ])
      return shownAddresses(await succeed(argv, { timeout: 10_000 }))
    },
    hostLinks() {
      if (!links || Date.now() - links.at > LINKS_AGE) links = { at: Date.now(), seen: lookAtLinks(prefix) }
      return links.seen
    },
    forget() {
      links = undefined
      scanned = 0
    },
  }
}

/** The host's own addresses in /proc/net/fib_trie: those of interfaces that are up. */
export function localAddresses(fibTrie: string): string[] {
  const found = new Set<string>()
  let address = ''
  for (const line of fibTrie.split('\n')) {
    const node = /\|-- (\d+\.\d+\.\d+\.\d+)/.exec(line)
    if (node?.[1]) address = node[1]
    else if (line.includes('/32 host LOCAL') && !address.startsWith('127.')) found.add(address)
  }
  return [...found]
}

/** The global addresses in /proc/net/if_inet6 that were set, not made from what a router advertised. */
export function localAddresses6(ifInet6: string): string[] {
  return ifInet6.split('\n').flatMap((line) => {
    const [hex, , , scope, flags] = line.trim().split(/\s+/)
    if (!hex || scope !== GLOBAL_SCOPE || (Number.parseInt(flags ?? '', 16) & PERMANENT) === 0) return []
    return [formatAddress({ bits: 128, value: BigInt(`0x${hex}`) })]
  })
}

function shownAddresses(json: string): string[] {
  const devices = JSON.parse(json || '[]') as { addr_info?: { local?: string }[] }[]
  return devices
    .flatMap(({ addr_info }) => addr_info ?? [])
    .flatMap(({ local }) => (local && !local.startsWith('127.') ? [local] : []))
}

async function lookAtLinks(prefix: string[]): Promise<Map<string, HostLink>> {
  const argv = within(prefix, ['ip', '-j', 'link', 'show', 'type', 'veth'])
  const found = JSON.parse((await succeed(argv, { timeout: 10_000 })) || '[]') as HostLink[]
  return new Map(found.map((link) => [link.ifname, link]))
}

function processes(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0)
}

function inodeOf(pid: number): string | undefined {
  try {
    return /\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1]
  } catch {
    return undefined // it has ended
  }
}
