import { plainAddress } from '../../../schemas/address.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { NetworkAttachment } from '../../../schemas/network.ts'
import type { Task } from '../../../schemas/task.ts'
import { contains, formatCidr, freeAddress } from './cidr.ts'
import { type FamilySubnet, familiesOf, ipv4Of, ipv6Of } from './families.ts'
import type { Lease, Network } from './leases.ts'

/** The addresses of a task in a network, of the families that the network has, and the virtual IPs of its service. */
export type Given = Pick<Lease, 'address' | 'address6' | 'vip' | 'vip6'>

/**
 * The addresses that an attachment asks for, or the next free ones.
 * @throws SetpointError ADDRESS_IN_USE naming who has it; NETWORK_FAILED for one outside the subnet, or a full subnet
 */
export function giveAddresses(
  network: Network,
  task: Task,
  { ipv4, ipv6 }: Pick<NetworkAttachment, 'ipv4' | 'ipv6'>,
): Given {
  const [v4, v6] = [ipv4Of(network), ipv6Of(network)]
  if (ipv4 !== undefined) checkFixed(network, v4, ipv4)
  if (ipv6 !== undefined) checkFixed(network, v6, ipv6)
  const own = {
    ...(v4 && { address: ipv4 ?? nextAddress(network, v4) }),
    ...(v6 && { address6: ipv6 === undefined ? nextAddress(network, v6) : plainAddress(ipv6) }),
  }
  return { ...own, ...vipsFor(network, task, own) }
}

/** The virtual IPs of the task's service: they go with the last lease that has them, so an update keeps them. */
function vipsFor(network: Network, { stack, service, container }: Task, own: Given): Given {
  if (container.endpointMode !== 'vip' || network.driver !== undefined) return {}
  const others = Object.values(network.leases).filter((one) => one.stack === stack && one.service === service)
  const known = others.find(({ vip, vip6 }) => vip !== undefined || vip6 !== undefined)
  if (known) return { ...(known.vip && { vip: known.vip }), ...(known.vip6 && { vip6: known.vip6 }) }
  const [v4, v6] = [ipv4Of(network), ipv6Of(network)]
  const taken = [own.address, own.address6].filter((address) => address !== undefined)
  return {
    ...(v4 && { vip: nextAddress(network, v4, taken) }),
    ...(v6 && { vip6: nextAddress(network, v6, taken) }),
  }
}

/** The next free address of one family, kept as the last one that was given out. */
export function nextAddress(network: Network, { subnet, range }: FamilySubnet, taken: string[] = []): string {
  const key = subnet.bits === 32 ? 'last' : 'last6'
  const address = freeAddress(subnet, usedIn(network, taken), { last: network[key], range })
  if (address === undefined) {
    throw new SetpointError(
      'NETWORK_FAILED',
      `Network ${network.name} has no free address in ${formatCidr(range ?? subnet)}.`,
      { hint: 'Give the network a larger `subnet` in the stack file.' },
    )
  }
  network[key] = address
  return address
}

function usedIn(network: Network, taken: string[]): Set<string> {
  const given = Object.values(network.leases).flatMap((lease) => [
    ...[lease.address, lease.address6],
    ...[lease.vip, lease.vip6],
  ])
  return new Set([
    ...taken,
    ...given.filter((address) => address !== undefined),
    ...Object.values(network.servers),
    ...familiesOf(network).map(({ gateway }) => gateway),
    ...(network.reserved ?? []),
  ])
}

function checkFixed(network: Network, family: FamilySubnet | undefined, address: string): void {
  const { name } = network
  if (!family || !contains(family.subnet, address)) {
    const subnets = familiesOf(network).map(({ subnet }) => formatCidr(subnet))
    throw new SetpointError(
      'NETWORK_FAILED',
      `The address ${address} is not in network ${name}, which has ${subnets.join(' and ')}.`,
      {
        hint: 'Give the network a `subnet` under `ipam` that the address lies in; one that is `external` has it of the stack that declares it.',
      },
    )
  }
  const holder = holderOf(network, plainAddress(address))
  if (holder === undefined) return
  throw new SetpointError(
    'ADDRESS_IN_USE',
    `The address ${address} of network ${name} is held by ${holder}.`,
    {
      hint: 'Choose another address; give the network an `ip_range` to keep fixed addresses out of those given to others.',
    },
  )
}

function holderOf(network: Network, address: string): string | undefined {
  const lease = Object.entries(network.leases).find(
    ([, one]) => one.address === address || one.address6 === address,
  )
  const virtual = Object.values(network.leases).find((one) => one.vip === address || one.vip6 === address)
  if (virtual) return `service ${virtual.stack}/${virtual.service}, as its virtual IP`
  if (lease) return `task ${lease[0]} of service ${lease[1].stack}/${lease[1].service}`
  if (Object.values(network.servers).includes(address)) return 'a name server of Setpoint'
  return familiesOf(network).some(({ gateway }) => gateway === address) ? 'the gateway' : undefined
}
