import type { Forward, Traffic, Vip } from './forwards.ts'

/** What the firewall needs to know of a network. */
export interface RuleNetwork {
  name: string
  bridge: string
  /** CIDR; absent without IPv4. */
  subnet?: string
  /** CIDR; absent without IPv6. */
  subnet6?: string
  internal: boolean
  /** The virtual IPs of services, served or not. */
  vips?: string[]
}

/** What is addressed to this host may be a published port. */
const LEAD = 'fib daddr type local jump ports'
/** Before the ports: what comes to a virtual IP may be for any port, that of name servers too. */
const LEAD_SERVICES = 'jump services'
/** The kernel has no route_localnet for IPv6: what were led away from ::1 would wait in vain where now it is refused. */
const LOOPBACK6 = ['ip6 daddr ::1 return']

/**
 * The whole table of an agent as one nft transaction; without networks it only takes the table away.
 * The order of what is given does not matter: equal facts give equal text.
 */
export function renderTable(table: string, networks: RuleNetwork[], { forwards, vips }: Traffic): string {
  const fresh = [`add table inet ${table}`, `delete table inet ${table}`]
  if (networks.length === 0) return `${fresh.join('\n')}\n`
  const sorted = [...networks].sort((a, b) => compare(a.bridge, b.bridge))
  const chains = [
    chain('services', vips.map(vipRule)),
    chain('ports', [...LOOPBACK6, ...forwards.map(forwardRule)]),
    chain('prerouting', [LEAD_SERVICES, ...namesRules(sorted), LEAD], 'nat hook prerouting priority -100'),
    chain('output', [LEAD_SERVICES, LEAD], 'nat hook output priority -100'),
    chain('postrouting', sorted.flatMap(sourceRules), 'nat hook postrouting priority 100'),
    chain('guard', guardRules(sorted), 'filter hook prerouting priority -300'),
    chain('input', sorted.flatMap(inputRules), 'filter hook input priority 0'),
    chain('forward', forwardChain(sorted), 'filter hook forward priority 0'),
  ]
  return `${[...fresh, `table inet ${table} {`, ...chains.flat(), '}'].join('\n')}\n`
}

function forwardRule({ family, hostIp, published, protocol, to }: Forward): string {
  const match = `${hostIp ? `${family} daddr ${hostIp} ` : ''}${protocol} dport ${published}`
  return `${match} ${spread(
    family,
    to.map((place) => place.join(' . ')),
  )}`
}

function vipRule({ address, to }: Vip): string {
  const family = familyOf(address)
  return `${family} daddr ${address} ${spread(family, to)}`
}

/** Each new connection goes to one of the places. */
function spread(family: string, places: string[]): string {
  const map = places.map((place, index) => `${index} : ${place}`).join(', ')
  return `dnat ${family} to numgen random mod ${places.length} map { ${map} }`
}

/** A stack that publishes port 53 does not get the questions that tasks have for their own name servers. */
function namesRules(networks: RuleNetwork[]): string[] {
  const subnets = networks.flatMap(({ subnet }) => subnet ?? []).join(', ')
  if (subnets === '') return []
  return [`ip daddr { ${subnets} } meta l4proto { tcp, udp } th dport 53 return`]
}

function sourceRules(network: RuleNetwork): string[] {
  const { bridge, subnet, subnet6 } = network
  return [
    // The host's own requests by localhost: the answer has to come back by the host.
    ...(subnet ? [`ip saddr 127.0.0.0/8 oifname ${bridge} masquerade`] : []),
    ...(subnet ? sourceRulesOf(network, 'ip', subnet) : []),
    ...(subnet6 ? sourceRulesOf(network, 'ip6', subnet6) : []),
  ]
}

function sourceRulesOf({ bridge, internal }: RuleNetwork, family: string, subnet: string): string[] {
  return [
    // A task that reaches itself or a neighbour by a published port, or by a virtual IP.
    `${family} saddr ${subnet} ${family} daddr ${subnet} ct status dnat masquerade`,
    // All that comes in to a network without a way back out.
    internal
      ? `${family} saddr != ${subnet} oifname ${bridge} ct status dnat masquerade`
      : `${family} saddr ${subnet} oifname != ${bridge} masquerade`,
  ]
}

/** Before anything is led elsewhere. */
function guardRules(networks: RuleNetwork[]): string[] {
  return [
    // With route_localnet a task could otherwise reach what listens on the host's loopback.
    `iifname ${setOf(networks)} ip daddr 127.0.0.0/8 drop`,
    // A virtual IP is there for its network and the host alone.
    ...groups(networks).flatMap((group) => toVips(group, `iifname != ${setOf(group, 'lo')}`, 'drop')),
  ]
}

/** A network's gateway and name server are there for that network and the host alone. */
function inputRules({ bridge, subnet, subnet6, ...network }: RuleNetwork): string[] {
  return [
    ...(subnet ? [`ip daddr ${subnet} iifname != { ${bridge}, lo } drop`] : []),
    ...(subnet6 ? [`ip6 daddr ${subnet6} iifname != { ${bridge}, lo } drop`] : []),
    // A service of which no task serves: what is not led on must not reach what listens on every address of the host.
    ...toVips([network], 'ct state new', 'reject'),
  ]
}

/** What becomes of packets to the virtual IPs of these networks; a rule for each family that has some. */
function toVips(networks: Pick<RuleNetwork, 'vips'>[], match: string, verdict: string): string[] {
  const vips = networks.flatMap(({ vips = [] }) => vips).sort()
  return [...Map.groupBy(vips, familyOf)].map(
    ([family, addresses]) => `${match} ${family} daddr { ${addresses.join(', ')} } ${verdict}`,
  )
}

function familyOf(address: string): 'ip' | 'ip6' {
  return address.includes(':') ? 'ip6' : 'ip'
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

function setOf(networks: RuleNetwork[], ...others: string[]): string {
  return `{ ${[...networks.map(({ bridge }) => bridge), ...others].join(', ')} }`
}

function chain(name: string, rules: string[], hook?: string): string[] {
  const head = hook ? [`    type ${hook}; policy accept;`] : []
  return [`  chain ${name} {`, ...head, ...rules.map((rule) => `    ${rule}`), '  }']
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
