import type { Forward } from './rules.ts'

/** What nft says of a table: the forwardings in it, and an identity of every rule there is. */
export interface Listing {
  forwards: Forward[]
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
  dnat?: { addr: unknown; port?: number }
}

/** Reads `nft -j list table` and the echo of `nft -j -e`, which wraps what it added in `{add: …}`. */
export function parseListing(json: string): Listing {
  const rules = objects(json).flatMap((object) => (object.rule ? [object.rule] : []))
  return {
    forwards: rules.filter((rule) => rule.chain === 'ports').flatMap(forwardOf),
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
  const port = expr.map(({ match }) => match).find((match) => fieldOf(match?.left) === 'dport')
  const host = expr.map(({ match }) => match).find((match) => fieldOf(match?.left) === 'daddr')
  const protocol = protocolOf(port?.left)
  const to = expr.flatMap(({ dnat }) => (dnat ? placesOf(dnat.addr) : []))
  if (protocol === undefined || typeof port?.right !== 'number' || to.length === 0) return []
  return [{ hostIp: host ? String(host.right) : undefined, published: port.right, protocol, to }]
}

function placesOf(addr: unknown): [string, number][] {
  const set = dig(addr, 'map', 'data', 'set')
  if (!Array.isArray(set)) return []
  return set.flatMap(([, place]: [unknown, unknown]) => {
    const concat = dig(place, 'concat')
    return Array.isArray(concat) ? [[String(concat[0]), Number(concat[1])] as [string, number]] : []
  })
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
