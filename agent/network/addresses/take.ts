import type { NetworkAttachment, NetworkSpec, PublishedPort } from '../../../schemas/network.ts'
import type { Task } from '../../../schemas/task.ts'
import type { Attachment } from '../networks.ts'
import type { Parts } from '../parts.ts'
import { isUnused, type Lease, type Place } from './leases.ts'

/**
 * Gives the task its place in each of its networks, without touching the host.
 * @throws SetpointError ADDRESS_IN_USE or NETWORK_FAILED; the task has then no more than it had before
 */
export async function takeAddresses(
  parts: Parts,
  task: Task,
  ports: PublishedPort[],
): Promise<Pick<Attachment, 'addresses' | 'addresses6'>> {
  const isNew = parts.leases.of(task.id).length === 0
  try {
    const taken: [string, Lease][] = []
    for (const [order, attachment] of task.container.networks.entries()) {
      taken.push([attachment.network, await take(parts, task, { attachment, order, ports })])
    }
    return addressesOf(taken)
  } catch (error) {
    if (isNew) await giveBack(parts, task.id)
    throw error
  }
}

interface Wanted {
  attachment: NetworkAttachment
  order: number
  /** The ports, including those that were picked. */
  ports: PublishedPort[]
}

async function take(parts: Parts, task: Task, { attachment, order, ports }: Wanted): Promise<Lease> {
  const { network: name, aliases: _aliases, ...asked } = attachment
  const spec = task.networks.find((candidate) => candidate.name === name) ?? implied(name)
  const resolvers = task.container.dns?.servers
  const device = asked.device ?? `eth${order}`
  const wanted: Place = { ...asked, device, order, ports, ...(resolvers && { resolvers }) }
  for (;;) {
    const network = await parts.bridges.open(spec)
    // Its last task may have left while we waited, and the network with it.
    if (parts.leases.find(network.key) === network) return parts.leases.lease(network, task, wanted)
  }
}

async function giveBack({ leases, bridges }: Parts, taskId: string): Promise<void> {
  leases.release(taskId)
  const unused = leases.networks().filter(isUnused)
  await Promise.all(unused.map((network) => bridges.down(network)))
}

function addressesOf(taken: [string, Lease][]): Pick<Attachment, 'addresses' | 'addresses6'> {
  const of = (family: 'address' | 'address6') =>
    Object.fromEntries(
      taken.flatMap(([name, { [family]: address }]) => (address === undefined ? [] : [[name, address]])),
    )
  const addresses6 = of('address6')
  return { addresses: of('address'), ...(Object.keys(addresses6).length > 0 && { addresses6 }) }
}

/** A network that the task names and does not describe: nothing is known of it but its name. */
function implied(name: string): NetworkSpec {
  return { name, internal: false, external: true }
}
