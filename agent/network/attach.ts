import { join } from 'node:path'
import type { Task } from '../../schemas/task.ts'
import { formatCidr } from './addresses/cidr.ts'
import { familiesOf, subnetsOf } from './addresses/families.ts'
import { isUnused } from './addresses/leases.ts'
import { takeAddresses } from './addresses/take.ts'
import { dropVips, setVips, vipsOfTask } from './firewall/virtual-ips.ts'
import { identityOf, isShared } from './join.ts'
import type { PluginLink } from './links/cni.ts'
import { pluginLinksOf } from './links/links.ts'
import { removeTaskFiles, writeHostFiles, writeTaskFiles } from './names/task-files.ts'
import { NETNS_FOLDER } from './naming.ts'
import type { Attachment } from './networks.ts'
import type { Parts } from './parts.ts'
import { checkFamilies } from './ports/checks.ts'
import { reservePorts } from './ports/reserve.ts'

/** Networks.attach. A task without networks gets a namespace with a loopback alone. */
export async function attach(parts: Parts, task: Task, users?: string): Promise<Attachment> {
  if (task.container.networkMode === 'host') {
    return { netns: null, addresses: {}, ports: [], ...writeHostFiles(parts.paths, task) }
  }
  try {
    const ports = await reservePorts(parts, task)
    const taken = await takeAddresses(parts, task, ports)
    checkFamilies(ports, taken)
    const nameserver = await setUp(parts, task.id, users)
    const gateways = gatewaysOf(parts, task.id)
    const isInNetwork = task.container.networks.length > 0
    const files = writeTaskFiles(parts.paths, task, { ...taken, nameserver, gateways, isInNetwork })
    const netns = join(NETNS_FOLDER, parts.place(task.id).name)
    const identity = identityOf(parts, task.id)
    return { netns, identity, ...taken, subnets: subnetsHeld(parts, task.id), ports, ...files }
  } finally {
    parts.arriving.delete(task.id)
  }
}

/** Networks.detach. The files come last, all that are not up to date: on a full disk they are what is tried again. */
export async function detach(parts: Parts, taskId: string): Promise<void> {
  const { leases, namespaces, names, bridges, firewall } = parts
  const namespace = parts.place(taskId)
  const vips = vipsOfTask(parts, taskId)
  await removePluginLinks(parts, taskId)
  leases.release(taskId)
  if (isShared(parts, taskId)) await namespaces.unlink(namespace) // its address goes to others
  await namespaces.remove(namespace.name)
  removeTaskFiles(parts.paths, taskId)
  await dropVips(parts, vips)
  await names.prune()
  const unused = leases.networks().filter(isUnused)
  await Promise.all(unused.map((network) => bridges.down(network)))
  if (unused.length > 0) await firewall.apply()
  await Promise.all(leases.networks().map((network) => leases.save(network)))
}

/** A driver may lead to what others are in too; the subnet of a bridge is that bridge's alone. */
function subnetsHeld({ leases }: Parts, taskId: string): Record<string, string[]> {
  const bridged = leases.of(taskId).filter(({ network }) => network.driver === undefined)
  return Object.fromEntries(
    bridged.map(({ network }) => [network.key, subnetsOf(network).map((subnet) => formatCidr(subnet))]),
  )
}

async function setUp(parts: Parts, taskId: string, users?: string): Promise<string | undefined> {
  const { leases, bridges, names, namespaces } = parts
  const networks = leases.of(taskId).map(({ network }) => network)
  await Promise.all(networks.map((network) => bridges.up(network)))
  await setVips(parts, taskId)
  const namespace = parts.place(taskId)
  const [nameserver] = await Promise.all([
    names.serve(taskId),
    namespaces.ensure({ ...namespace, users }),
    ...networks.map((network) => leases.save(network)),
  ])
  for (const link of pluginLinks(parts, taskId)) await parts.cni.ensure(link, pathOf(parts, taskId))
  return nameserver
}

function pluginLinks({ leases, paths }: Parts, taskId: string): PluginLink[] {
  return pluginLinksOf(leases, paths.instance, taskId)
}

/** The path of the namespace as a plugin gets it; empty when there is none any more (CNI 1.0.0, §Section 2: DEL). */
function pathOf({ place, namespaces }: Parts, taskId: string): string {
  const { name } = place(taskId)
  return namespaces.isThere(name) ? join(NETNS_FOLDER, name) : ''
}

/** Makes them again from the start. */
export async function renewPluginLinks(parts: Parts, taskId: string): Promise<void> {
  await removePluginLinks(parts, taskId)
  for (const link of pluginLinks(parts, taskId)) await parts.cni.ensure(link, pathOf(parts, taskId))
}

/** Before the namespace goes, and before others may have the addresses. */
export async function removePluginLinks(parts: Parts, taskId: string): Promise<void> {
  for (const link of pluginLinks(parts, taskId)) await parts.cni.remove(link, pathOf(parts, taskId))
}

/** Where the task reaches the host: by the network with its default route, else by its first. */
function gatewaysOf({ leases }: Parts, taskId: string): string[] {
  const [first] = leases
    .of(taskId)
    .filter(({ network }) => network.driver === undefined)
    .sort(
      (a, b) =>
        Number(a.network.internal) - Number(b.network.internal) ||
        (b.lease.gatewayPriority ?? 0) - (a.lease.gatewayPriority ?? 0) ||
        (a.lease.order ?? 0) - (b.lease.order ?? 0),
    )
  return first ? familiesOf(first.network).map(({ gateway }) => gateway) : []
}
