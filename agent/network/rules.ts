import { isIPv4 } from 'node:net'
import type { PublishedPort } from '../../schemas/network.ts'
import type { Endpoint } from './networks.ts'

/** What the firewall needs to know of a network. */
export interface RuleNetwork {
  name: string
  bridge: string
  /** CIDR; absent without IPv4. */
  subnet?: string
  /** CIDR; absent without IPv6. */
  subnet6?: string
  internal: boolean
}

/** A port of the host and the places that its traffic is spread over. */
export interface Forward {
  hostIp: string | undefined
  published: number
  protocol: PublishedPort['protocol']
  /** `[address, port]`, sorted. */
  to: [address: string, port: number][]
}

/** What is addressed to this host may be a published port. */
const LEAD = 'fib daddr type local jump ports'

/**
 * The whole table of an agent as one nft transaction; without networks it only takes the table away.
 * The order of what is given does not matter: equal facts give equal text.
 */
export function renderTable(table: string, networks: RuleNetwork[], forwards: Forward[]): string {
  const fresh = [`add table inet ${table}`, `delete table inet ${table}`]
  if (networks.length === 0) return `${fresh.join('\n')}\n`
  const sorted = [...networks].sort((a, b) => compare(a.bridge, b.bridge))
  const chains = [
    chain('ports', forwards.map(forwardRule)),
    chain('prerouting', [...namesRules(sorted), LEAD], 'nat hook prerouting priority -100'),
    chain('output', [LEAD], 'nat hook output priority -100'),
    chain('postrouting', sorted.flatMap(sourceRules), 'nat hook postrouting priority 100'),
    chain('guard', guardRules(sorted), 'filter hook prerouting priority -300'),
    chain('input', sorted.flatMap(inputRules), 'filter hook input priority 0'),
    chain('forward', forwardChain(sorted), 'filter hook forward priority 0'),
  ]
  return `${[...fresh, `table inet ${table} {`, ...chains.flat(), '}'].join('\n')}\n`
}

/** The published ports of the endpoints, those of several tasks on one port brought together, sorted. */
export function forwardsOf(networks: RuleNetwork[], endpoints: Endpoint[]): Forward[] {
  const forwards = new Map<string, Forward>()
  for (const endpoint of endpoints) {
    const address = entrance(networks, endpoint)
    if (address === undefined) continue
    for (const { hostIp, published, protocol, target } of endpoint.task.container.ports.filter(
      isAddressable,
    )) {
      const key = forwardKey({ hostIp, published, protocol })
      const forward = forwards.get(key) ?? { hostIp: anyAddress(hostIp), published, protocol, to: [] }
      if (!forward.to.some(([to, port]) => to === address && port === target)) {
        forward.to.push([address, target])
      }
      forwards.set(key, forward)
    }
  }
  const all = [...forwards.values()]
  for (const forward of all) forward.to.sort(([a, p], [b, q]) => compare(a, b) || p - q)
  // A rule for one address goes before the one for every address.
  return all.sort((a, b) => Number(!a.hostIp) - Number(!b.hostIp) || compare(forwardKey(a), forwardKey(b)))
}

/** What two ports that cannot both be had have in common. */
export function forwardKey(port: {
  hostIp?: string | undefined
  published: number
  protocol: string
}): string {
  return `${anyAddress(port.hostIp) ?? '*'}:${port.published}/${port.protocol}`
}

/** Published on 0.0.0.0 is published on every address. */
export function anyAddress(hostIp: string | undefined): string | undefined {
  return hostIp === '0.0.0.0' || hostIp === '' ? undefined : hostIp
}

/** True when a rule can be written for the port; any other would make nftables refuse the whole table. */
export function isAddressable({ hostIp }: Pick<PublishedPort, 'hostIp'>): boolean {
  const address = anyAddress(hostIp)
  return address === undefined || isIPv4(address)
}

/** The address that published ports lead to: on the first network with a way out, else on the first. */
function entrance(networks: RuleNetwork[], { task, addresses }: Endpoint): string | undefined {
  const names = task.container.networks.map(({ network }) => network).filter((name) => addresses[name])
  const outward = names.find((name) => networks.some((other) => other.name === name && !other.internal))
  return addresses[outward ?? names[0] ?? '']
}

function forwardRule({ hostIp, published, protocol, to }: Forward): string {
  const match = `${hostIp ? `ip daddr ${hostIp} ` : ''}${protocol} dport ${published}`
  const places = to.map(([address, port], index) => `${index} : ${address} . ${port}`).join(', ')
  return `${match} dnat ip to numgen random mod ${to.length} map { ${places} }`
}

/** A stack that publishes port 53 does not get the questions that tasks have for their own name servers. */
function namesRules(networks: RuleNetwork[]): string[] {
  const subnets = networks.flatMap(({ subnet }) => subnet ?? []).join(', ')
  if (subnets === '') return []
  return [`ip daddr { ${subnets} } meta l4proto { tcp, udp } th dport 53 return`]
}

function sourceRules({ bridge, subnet, internal }: RuleNetwork): string[] {
  if (subnet === undefined) return []
  return [
    // A task that reaches itself or a neighbour by a published port: the answer has to come back by the host.
    `ip saddr ${subnet} ip daddr ${subnet} ct status dnat masquerade`,
    // The host's own requests by localhost; and all that comes in to a network without a way back out.
    `ip saddr 127.0.0.0/8 oifname ${bridge} masquerade`,
    internal
      ? `ip saddr != ${subnet} oifname ${bridge} ct status dnat masquerade`
      : `ip saddr ${subnet} oifname != ${bridge} masquerade`,
  ]
}

/** With route_localnet a task could otherwise reach what listens on the host's loopback. */
function guardRules(networks: RuleNetwork[]): string[] {
  return [`iifname ${setOf(networks)} ip daddr 127.0.0.0/8 drop`]
}

/** A network's gateway and name server are there for that network and the host alone. */
function inputRules({ bridge, subnet }: RuleNetwork): string[] {
  return subnet === undefined ? [] : [`ip daddr ${subnet} iifname != { ${bridge}, lo } drop`]
}

function forwardChain(networks: RuleNetwork[]): string[] {
  const internal = networks.filter((network) => network.internal)
  return [
    'ct state established,related accept',
    ...groups(networks).map((group) => `iifname ${setOf(group)} oifname ${setOf(group)} accept`),
    ...(internal.length > 0 ? [`iifname ${setOf(internal)} drop`] : []),
    'ct status dnat accept',
    `oifname ${setOf(networks)} drop`,
  ]
}

/** Bridges of one name belong together: see networkKey. */
function groups(networks: RuleNetwork[]): RuleNetwork[][] {
  return [...Map.groupBy(networks, (network) => network.name).values()]
}

function setOf(networks: RuleNetwork[]): string {
  return `{ ${networks.map(({ bridge }) => bridge).join(', ')} }`
}

function chain(name: string, rules: string[], hook?: string): string[] {
  const head = hook ? [`    type ${hook}; policy accept;`] : []
  return [`  chain ${name} {`, ...head, ...rules.map((rule) => `    ${rule}`), '  }']
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
