import type { Forward, Traffic, Vip } from './forwards.ts'

/** What nft says of a table: where it leads connections, and an identity of every rule there is. */
export interface Listing extends Traffic {
  /** `chain/handle` of each rule: the kernel never gives a handle twice, so equal sets are untouched rules. */
  rules: Set<string>
}

interface Rule {
  chain: string
  handle: number
  expr: Expression[]
}

interface Expression {
  match?: { left: unknown; right: unknown }
  dnat?: { family?: string; addr: unknown; port?: number }
}

/** Reads `nft -j list table` and the echo of `nft -j -e`, which wraps what it added in `{add: …}`. */
export function parseListing(json: string): Listing {
  const rules = objects(json).flatMap((object) => (object.rule ? [object.rule] : []))
  return {
    forwards: rules.filter((rule) => rule.chain === 'ports').flatMap(forwardOf),
    vips: rules.filter((rule) => rule.chain === 'services').flatMap(vipOf),
    rules: new Set(rules.map((rule) => `${rule.chain}/${rule.handle}`)),
  }
}

function objects(json: string): { rule?: Rule }[] {
  if (json.trim() === '') return []
  const { nftables } = JSON.parse(json) as { nftables: { rule?: Rule; add?: { rule?: Rule } }[] }
  return nftables.map((object) => object.add ?? object)
}

/** A rule that is not of the form we write forwards nothing that we know of. */
function forwardOf({ expr }: Rule): Forward[] {
  const port = matchOf(expr, 'dport')
  const host = matchOf(expr, 'daddr')
  const protocol = protocolOf(port?.left)
  const to = placesOf(expr).flatMap((place) => {
    const concat = dig(place, 'concat')
    return Array.isArray(concat) ? [[String(concat[0]), Number(concat[1])] as [string, number]] : []
  })
  if (protocol === undefined || typeof port?.right !== 'number' || to.length === 0) return []
  const family = expr.some(({ dnat }) => dnat?.family === 'ip6') ? 'ip6' : 'ip'
  return [{ family, hostIp: host ? String(host.right) : undefined, published: port.right, protocol, to }]
}

function vipOf({ expr }: Rule): Vip[] {
  const address = matchOf(expr, 'daddr')?.right
  const to = placesOf(expr).filter((place) => typeof place === 'string')
  return typeof address === 'string' && to.length > 0 ? [{ address, to }] : []
}

function matchOf(expr: Expression[], field: string): Expression['match'] {
  return expr.map(({ match }) => match).find((match) => fieldOf(match?.left) === field)
}

/** What the keys of the map lead to. */
function placesOf(expr: Expression[]): unknown[] {
  const set = expr.flatMap(({ dnat }) => dig(dnat?.addr, 'map', 'data', 'set') ?? [])
  return set.map((entry) => (Array.isArray(entry) ? entry[1] : undefined))
}

function fieldOf(left: unknown): unknown {
  return dig(left, 'payload', 'field')
}

function protocolOf(left: unknown): 'tcp' | 'udp' | undefined {
  const protocol = dig(left, 'payload', 'protocol')
  return protocol === 'tcp' || protocol === 'udp' ? protocol : undefined
}

function dig(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  )
}
