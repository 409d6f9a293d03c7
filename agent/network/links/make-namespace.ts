import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { hold, isBound } from '../../runtime/hold.ts'
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

/** The host on which namespaces are made. */
export interface Host {
  ip: Ip
  /** The folder in /proc of a process in the agent's mount and network namespace: `/proc/self`. */
  proc: string
}

/** What `ip` says of a line that has been run before. */
export const DONE_BEFORE = /File exists|already assigned/
const ABSENT = /No such file|Cannot find device|Invalid argument|No such device/

/** Where a namespace is seen through `proc`. */
export function pathOf({ proc }: Host, name: string): string {
  return join(proc, 'root', NETNS_FOLDER, name)
}

/**
 * Makes a namespace with its links; what stands in the way is taken away.
 * @throws SetpointError NETWORK_FAILED
 */
export async function makeNamespace(host: Host, namespace: Namespace): Promise<void> {
  let said = await build(host, namespace)
  if (said.length > 0) {
    await clear(host, namespace)
    said = await build(host, namespace)
  }
  if (said.length === 0) said = await setInside(host, namespace)
  if (said.length === 0) return
  await clear(host, namespace)
  throw notSetUp(namespace, said)
}

/** Finishes one that is there with its links, without the addresses of a lease that was never written down. True when it worked. */
export async function finishNamespace(host: Host, namespace: Namespace): Promise<boolean> {
  const outside = await host.ip.run(namespace.links.flatMap(portLines), DONE_BEFORE)
  return outside.length === 0 && (await resetInside(host, namespace)).length === 0
}

/** Takes a namespace away, and the file that it was bound to. */
export async function removeNamespace(host: Host, name: string): Promise<void> {
  const path = pathOf(host, name)
  if (isBound(path)) await host.ip.run([`netns del ${name}`], ABSENT)
  rmSync(path, { force: true })
}

/** Takes the links of a namespace away. */
export async function removeLinks({ ip }: Host, { links }: Namespace): Promise<void> {
  ip.forget()
  await ip.run(
    links.map((link) => `link del ${link.host}`),
    ABSENT,
  )
  ip.forget() // also of one that went by itself while it was to be removed
}

/** Sets addresses and routes in it, and no others. Gives what `ip` complained of. */
export function resetInside(host: Host, namespace: Namespace): Promise<string[]> {
  return runInside(host, namespace, [
    ...namespace.links.map(({ inside }) => `addr flush dev ${inside}`),
    ...insideLines(namespace.links),
  ])
}

/** Sets addresses and routes in it. Gives what `ip` complained of. */
export function setInside(host: Host, namespace: Namespace): Promise<string[]> {
  return runInside(host, namespace, insideLines(namespace.links))
}

export function notSetUp({ name }: Namespace, said: string[]): SetpointError {
  return new SetpointError('NETWORK_FAILED', `The network of ${name} could not be set up: ${said.join('; ')}`)
}

async function build(host: Host, { name, links, users }: Namespace): Promise<string[]> {
  const { ip } = host
  const path = pathOf(host, name)
  if (!isBound(path)) rmSync(path, { force: true })
  if (users === undefined) return ip.run([`netns add ${name}`, ...linkLines(name, links)])
  const held = await hold(['nsenter', `--user=${users}`, 'unshare', '--net'])
  try {
    return await ip.run([`netns attach ${name} ${held.pid}`, ...linkLines(name, links)])
  } finally {
    await held.end()
  }
}

/** Removes half-made or left-over parts of the same names. */
async function clear(host: Host, namespace: Namespace): Promise<void> {
  await removeNamespace(host, namespace.name)
  await removeLinks(host, namespace)
}

async function runInside(host: Host, { name, script }: Namespace, lines: string[]): Promise<string[]> {
  if (!isBound(pathOf(host, name))) return [`the namespace ${name} is gone`]
  mkdirSync(dirname(script), { recursive: true })
  writeFileSync(script, `${lines.join('\n')}\n`)
  return host.ip.run([`netns exec ${name} ip -force -batch ${script}`], DONE_BEFORE)
}
