import { isIpv6 } from '../../../schemas/address.ts'
import { type Cidr, contains, firstAddress, parseCidr } from './cidr.ts'
import type { Network } from './leases.ts'

/** The addresses of a network of one family, IPv4 or IPv6. */
export interface FamilySubnet {
  subnet: Cidr
  /** The bridge's own address. */
  gateway: string
  /** Where addresses are given out from; the whole subnet when absent. */
  range: Cidr | undefined
}

export type Subnets = Pick<
  Network,
  'name' | 'subnet' | 'gateway' | 'range' | 'subnet6' | 'gateway6' | 'range6'
>

export function ipv4Of(network: Subnets): FamilySubnet | undefined {
  const { name, subnet, gateway, range } = network
  return subnet === undefined ? undefined : family(name, { subnet, gateway, range })
}

export function ipv6Of(network: Subnets): FamilySubnet | undefined {
  const { name, subnet6: subnet, gateway6: gateway, range6: range } = network
  return subnet === undefined ? undefined : family(name, { subnet, gateway, range })
}

/** IPv4 first. */
export function familiesOf(network: Subnets): FamilySubnet[] {
  return [ipv4Of(network), ipv6Of(network)].filter((one) => one !== undefined)
}

export function subnetsOf(network: Subnets): Cidr[] {
  return familiesOf(network).map(({ subnet }) => subnet)
}

/** True when the address is one of the network's. */
export function isIn(network: Subnets, address: string): boolean {
  return subnetsOf(network).some((subnet) => contains(subnet, address))
}

/** `10.210.0.2/24`: an address of the network as `ip` is told it. */
export function withPrefix(network: Subnets, address: string): string {
  const one = isIpv6(address) ? ipv6Of(network) : ipv4Of(network)
  return `${address}/${one?.subnet.prefix}`
}

interface Written {
  subnet: string
  gateway: string | undefined
  range: string | undefined
}

function family(name: string, { subnet, gateway, range }: Written): FamilySubnet {
  const parsed = cidr(name, subnet)
  return {
    subnet: parsed,
    gateway: gateway ?? firstAddress(parsed),
    range: range === undefined ? undefined : cidr(name, range),
  }
}

/** What was read from disk was checked then. */
function cidr(name: string, text: string): Cidr {
  const parsed = parseCidr(text)
  if (!parsed) throw new Error(`network ${name} has the subnet ${text}, which is none`)
  return parsed
}
