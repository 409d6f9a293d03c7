import { mkdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { hold } from '../../runtime/hold.ts'
import { NETNS_FOLDER } from '../naming.ts'
import type { Ip } from './ip.ts'
import { insideLines, type Link, linkLines, portLines } from './lines.ts'

/** A task's network namespace, by its name under /run/netns, and the links it should have. */
export interface Namespace {
  name: string
  links: Link[]
  /** Path of the namespace of users that it belongs to; absent: the host's. */
  users?: string | undefined
  /** A file of the task for the lines that are run inside. */
  script: string
}

/** Makes and mends network namespaces. */
export interface Namespaces {
  /**
   * Makes it unless it is there with all its links, and finishes one that an agent which was killed had begun. What stands
   * in the way is taken away.
   */
  ensure(namespace: Namespace): Promise<void>
  /** Sets links, membership and addresses again, leaving what is right. */
  repair(namespace: Namespace): Promise<void>
  /** Makes all its links anew. */
  relink(namespace: Namespace): Promise<void>
  /** Takes it away; the links go with it once nobody is in it. Repeatable. */
  remove(name: string): Promise<void>
  /** Takes its links away, at once. Repeatable. */
  unlink(namespace: Namespace): Promise<void>
  isThere(name: string): boolean
  /** What the kernel tells it by while anybody uses it. */
  inodeOf(name: string): number
  /** Where it can be looked at from this process. */
  pathOf(name: string): string
}

interface NamespacesOptions {
  ip: Ip
  /** The folder in /proc of a process in the agent's mount and network namespace: `/proc/self`. */
  proc: string
}

/** Of statfs: the kind of file that a bound namespace is. */
const NSFS_MAGIC = 0x6e736673
const HARMLESS = /File exists|already assigned/
const ABSENT = /No such file|Cannot find device|Invalid argument|No such device/

/** Named namespaces, as `ip netns` has them, seen through `proc`. */
export function createNamespaces({ ip, proc }: NamespacesOptions): Namespaces {
  const pathOf = (name: string): string => join(proc, 'root', NETNS_FOLDER, name)
  /** Those that this agent has seen the end of: that one is there with its links says nothing of what is set inside. */
  const finished = new Set<string>()

  async function inside({ name, links, script }: Namespace, lines: string[]): Promise<string[]> {
    if (!isBound(pathOf(name))) return [`the namespace ${name} is gone`]
    mkdirSync(dirname(script), { recursive: true })
    writeFileSync(script, `${[...lines, ...insideLines(links)].join('\n')}\n`)
    return ip.run([`netns exec ${name} ip -force -batch ${script}`], HARMLESS)
  }

  async function remove(name: string): Promise<void> {
    const path = pathOf(name)
    finished.delete(name)
    if (isBound(path)) await ip.run([`netns del ${name}`], ABSENT)
    rmSync(path, { force: true })
  }

  async function build({ name, links, users }: Namespace): Promise<string[]> {
    rmUnbound(pathOf(name))
    if (users === undefined) return ip.run([`netns add ${name}`, ...linkLines(name, links)])
    const held = await hold(['nsenter', `--user=${users}`, 'unshare', '--net'])
    try {
      return await ip.run([`netns attach ${name} ${held.pid}`, ...linkLines(name, links)])
    } finally {
      await held.end()
    }
  }

  async function unlink({ links }: Namespace): Promise<void> {
    ip.forget()
    await ip.run(
      links.map((link) => `link del ${link.host}`),
      ABSENT,
    )
  }

  /** Removes half-made or left-over parts of the same names. */
  async function clear(namespace: Namespace): Promise<void> {
    await remove(namespace.name)
    await unlink(namespace)
  }

  async function make(namespace: Namespace): Promise<void> {
    let said = await build(namespace)
    if (said.length > 0) {
      await clear(namespace)
      said = await build(namespace)
    }
    if (said.length === 0) said = await inside(namespace, [])
    if (said.length === 0) return
    await clear(namespace)
    throw failed(namespace, said)
  }

  /** Without the addresses of a lease that was never written down. True when it worked. */
  async function finish(namespace: Namespace): Promise<boolean> {
    const { links } = namespace
    const outside = await ip.run(links.flatMap(portLines), HARMLESS)
    return outside.length === 0 && (await inside(namespace, links.map(flushLine))).length === 0
  }

  return {
    pathOf,
    remove,
    unlink,
    isThere: (name) => isBound(pathOf(name)),
    inodeOf: (name) => statSync(pathOf(name)).ino,
    async ensure(namespace) {
      const { name, links } = namespace
      const isThere = isBound(pathOf(name)) && hasDevices(proc, links)
      if (isThere && finished.has(name)) return
      if (!isThere || !(await finish(namespace))) await make(namespace)
      finished.add(name)
    },
    async repair(namespace) {
      ip.forget()
      const { name, links } = namespace
      const missing = links.filter((link) => !hasDevices(proc, [link]))
      await ip.run([...linkLines(name, missing), ...links.flatMap(portLines)], HARMLESS)
      const said = await inside(namespace, links.map(flushLine))
      if (said.length > 0) throw failed(namespace, said)
    },
    async relink(namespace) {
      const { name, links } = namespace
      await unlink(namespace)
      ip.forget()
      const said = [...(await ip.run(linkLines(name, links))), ...(await inside(namespace, []))]
      if (said.length > 0) throw failed(namespace, said)
    },
  }
}

function flushLine({ inside }: Link): string {
  return `addr flush dev ${inside}`
}

/** True when a namespace is bound to the file: one that is only a file was left by a reboot or another mount namespace. */
function isBound(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC
  } catch {
    return false // not there
  }
}

function rmUnbound(path: string): void {
  if (!isBound(path)) rmSync(path, { force: true })
}

function hasDevices(proc: string, links: Link[]): boolean {
  if (links.length === 0) return true
  const devices = readFileSync(join(proc, 'net/dev'), 'utf8')
  return links.every((link) => devices.includes(`${link.host}:`))
}

function failed({ name }: Namespace, said: string[]): SetpointError {
  return new SetpointError('NETWORK_FAILED', `The network of ${name} could not be set up: ${said.join('; ')}`)
}
