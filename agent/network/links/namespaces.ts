import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isBound } from '../../runtime/hold.ts'
import { type Link, linkLines, portLines } from './lines.ts'
import {
  DONE_BEFORE,
  finishNamespace,
  type Host,
  makeNamespace,
  type Namespace,
  notSetUp,
  pathOf,
  removeLinks,
  removeNamespace,
  resetInside,
  setInside,
} from './make-namespace.ts'

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

/** Named namespaces, as `ip netns` has them, seen through `proc`. */
export function createNamespaces(host: Host): Namespaces {
  const { ip, proc } = host
  const isThere = (name: string) => isBound(pathOf(host, name))
  /** Those that this agent has seen the end of: that one is there with its links says nothing of what is set inside. */
  const finished = new Set<string>()

  return {
    isThere,
    pathOf: (name) => pathOf(host, name),
    inodeOf: (name) => statSync(pathOf(host, name)).ino,
    unlink: (namespace) => removeLinks(host, namespace),
    remove(name) {
      finished.delete(name)
      return removeNamespace(host, name)
    },
    async ensure(namespace) {
      const { name, links } = namespace
      const isLinked = isThere(name) && hasDevices(proc, links)
      if (isLinked && finished.has(name)) return
      if (!isLinked || !(await finishNamespace(host, namespace))) {
        finished.delete(name)
        await makeNamespace(host, namespace)
      }
      finished.add(name)
    },
    async repair(namespace) {
      ip.forget()
      const { name, links } = namespace
      const missing = links.filter((link) => !hasDevices(proc, [link]))
      await ip.run([...linkLines(name, missing), ...links.flatMap(portLines)], DONE_BEFORE)
      const said = await resetInside(host, namespace)
      if (said.length > 0) throw notSetUp(namespace, said)
    },
    async relink(namespace) {
      await removeLinks(host, namespace)
      const said = [
        ...(await ip.run(linkLines(namespace.name, namespace.links))),
        ...(await setInside(host, namespace)),
      ]
      if (said.length > 0) throw notSetUp(namespace, said)
    },
  }
}

function hasDevices(proc: string, links: Link[]): boolean {
  if (links.length === 0) return true
  const devices = readFileSync(join(proc, 'net/dev'), 'utf8')
  return links.every((link) => devices.includes(`${link.host}:`))
}
