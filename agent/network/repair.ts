import { SetpointError } from '../../schemas/error.ts'
import { renewPluginLinks } from './attach.ts'
import { setVips } from './firewall/virtual-ips.ts'
import { addressesOf } from './look.ts'
import type { Parts } from './parts.ts'

/** Networks.repair: first puts back what is missing; if that is not enough, makes the links anew. */
export async function repair(parts: Parts, taskId: string): Promise<void> {
  const { leases, bridges, namespaces, names } = parts
  const namespace = parts.place(taskId)
  if (leases.of(taskId).length === 0) return
  if (!namespaces.isThere(namespace.name)) {
    throw new SetpointError('NETWORK_FAILED', `The network namespace of task ${taskId} is gone.`, {
      hint: 'It comes back with the next run of the task.',
    })
  }
  for (const { network } of leases.of(taskId)) {
    bridges.doubt(network)
    await bridges.up(network)
  }
  await setVips(parts, taskId)
  await namespaces.repair(namespace)
  if (!(await isRight(parts, taskId))) {
    await namespaces.relink(namespace)
    await renewPluginLinks(parts, taskId)
  }
  parts.observer.forget()
  await names.renew()
}

async function isRight(parts: Parts, taskId: string): Promise<boolean> {
  parts.observer.forget()
  const wanted = parts.leases
    .of(taskId)
    .flatMap(({ network, lease }) =>
      [lease.address, lease.address6].flatMap((address) => (address ? [`${network.name}=${address}`] : [])),
    )
  const found = await addressesOf(parts, taskId)
  return wanted.sort().join() === found.join()
}
