import { join } from 'node:path'
import type { PublishedPort } from '../../schemas/network.ts'
import type { Task } from '../../schemas/task.ts'
import { subnetsOf } from './families.ts'
import type { Network } from './leases.ts'
import { NETNS_FOLDER } from './naming.ts'
import type { Attachment } from './networks.ts'
import type { Parts } from './parts.ts'
import { checkAddresses, checkClaims, checkListeners, samePort } from './ports.ts'
import { forwardKey } from './rules.ts'
import { takeAddresses } from './take-addresses.ts'
import { removeTaskFiles, writeHostFiles, writeTaskFiles } from './task-files.ts'

/** Networks.attach. A task without networks gets a namespace with a loopback alone. */
export async function attach(parts: Parts, task: Task): Promise<Attachment> {
  if (task.container.networkMode === 'host') {
    return { netns: null, addresses: {}, ...writeHostFiles(parts.paths, task) }
  }
  try {
    await reservePorts(parts, task)
    const taken = await takeAddresses(parts, task)
    const nameserver = await setUp(parts, task.id)
    const files = writeTaskFiles(parts.paths, task, { ...taken, nameserver })
    return { netns: join(NETNS_FOLDER, parts.place(task.id).name), ...taken, ...files }
  } finally {
    parts.arriving.delete(task.id)
  }
}

/** Networks.detach. */
export async function detach(parts: Parts, taskId: string): Promise<void> {
  const { leases, namespaces, names, bridges, firewall } = parts
  const { name } = parts.place(taskId)
  const left = leases.release(taskId)
  await namespaces.remove(name)
  removeTaskFiles(parts.paths, taskId)
  const unused = left.filter(isUnused)
  const kept = left.filter((network) => !unused.includes(network))
  await Promise.all(kept.map((network) => leases.save(network)))
  if (left.length > 0) await names.prune()
  await Promise.all(unused.filter(isUnused).map((network) => bridges.down(network)))
  if (unused.length > 0) await firewall.apply()
}

/** Says no before anything is touched; from here on the ports are this task's. */
async function reservePorts(parts: Parts, task: Task): Promise<void> {
  const { stack, service } = task
  const { ports } = task.container
  if (ports.length === 0) return
  checkAddresses(ports)
  const held = [
    ...parts.leases.networks().flatMap((network) => Object.entries(network.leases)),
    ...parts.arriving,
  ].filter(([taskId]) => taskId !== task.id)
  checkClaims(task, held)
  parts.arriving.set(task.id, { device: '', stack, service, ports })
  if (parts.leases.of(task.id).length > 0) return
  // What is forwarded is this service's, or `checkClaims` had said no: nothing that listens there now gets anything.
  const fresh = ports.filter((port) => !parts.forwards.some((forward) => samePort(forward, port)))
  await checkOnce(parts, fresh)
}

/** Tasks that come with the same ports at the same time have one look between them. */
async function checkOnce({ checking, proc, leases }: Parts, ports: PublishedPort[]): Promise<void> {
  if (ports.length === 0) return
  const key = ports.map(forwardKey).sort().join()
  const check =
    checking.get(key) ??
    checkListeners(ports, proc, leases.networks().flatMap(subnetsOf)).finally(() => checking.delete(key))
  checking.set(key, check)
  await check
}

async function setUp(parts: Parts, taskId: string): Promise<string | undefined> {
  const { leases, bridges, names, namespaces } = parts
  const networks = leases.of(taskId).map(({ network }) => network)
  await Promise.all(networks.map((network) => bridges.up(network)))
  const namespace = parts.place(taskId)
  const [nameserver] = await Promise.all([
    names.serve(taskId),
    namespaces.isWhole(namespace) ? undefined : namespaces.make(namespace),
    ...networks.map((network) => leases.save(network)),
  ])
  return nameserver
}

function isUnused(network: Network): boolean {
  return Object.keys(network.leases).length === 0
}
