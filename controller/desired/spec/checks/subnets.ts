import { type Cidr, formatCidr, overlaps, parseCidr } from '../../../../schemas/cidr.ts'
import { type Cursor, fail, itemsOf, within } from '../../cursor.ts'
import { textAt } from '../../yaml/node.ts'
import type { NetworkDraft } from '../network/networks.ts'
import type { StackDraft } from '../read-stack.ts'

/** No two bridges have an address in common: a host has one way to each. A driver may lead where another leads. */
export function checkSubnets({ services, networks }: StackDraft): void {
  const joined = new Set(services.flatMap(({ networks: some = [] }) => some.map(({ key }) => key)))
  const taken: SubnetAt[] = []
  for (const network of networks) {
    if (!joined.has(network.key) || network.external || network.spec.driver !== undefined) continue
    for (const one of subnetsOf(network)) {
      const other = taken.find((before) => before.name !== one.name && overlaps(before.cidr, one.cidr))
      if (other) fail(one.at, `overlaps ${formatCidr(other.cidr)} of ${other.at.path}; choose another`)
      else taken.push(one)
    }
  }
}

interface SubnetAt {
  name: string
  cidr: Cidr
  at: Cursor
}

function subnetsOf({ name, at }: NetworkDraft): SubnetAt[] {
  const pools = within(at, 'ipam', 'config')
  if (pools === at || pools.node.kind !== 'list') return []
  return (itemsOf(pools) ?? []).flatMap((pool) => {
    const cidr = parseCidr(textAt(pool.node, 'subnet') ?? '')
    return cidr ? [{ name, cidr, at: within(pool, 'subnet') }] : []
  })
}
