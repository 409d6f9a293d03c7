import { MAX_SNAPSHOT_BYTES, REPORTS, SNAPSHOTS } from '../../schemas/wire.ts'
import type { Redis } from '../redis.ts'

/** An entry of the report stream: its id and the text of its field `report`. */
export interface StreamEntry {
  id: string
  report: string | undefined
}

/** Before every entry. */
export const BEGINNING = '0-0'

const PAGE = 200
const SNAPSHOTS_AT_ONCE = 50

/** The entries after `position`, at most a page; waits up to `block` ms for the first and gives none after that. */
export async function readAfter(client: Redis, position: string, block: number): Promise<StreamEntry[]> {
  const reply = await client.xread('COUNT', PAGE, 'BLOCK', block, 'STREAMS', REPORTS, position)
  return (reply?.[0]?.[1] ?? []).map(([id, fields]) => ({ id, report: fieldOf(fields, 'report') }))
}

/** The id of the last entry; the beginning when there is none. */
export async function lastId(client: Redis): Promise<string> {
  const [last] = await client.xrevrange(REPORTS, '+', '-', 'COUNT', 1)
  return last?.[0] ?? BEGINNING
}

/** Redis's own time, in milliseconds. */
export async function redisTime(client: Redis): Promise<number> {
  const [seconds, micros] = await client.time()
  return Number(seconds) * 1000 + Number(micros) / 1000
}

/** True when the entry `a` came before the entry `b`. */
export function isBefore(a: string, b: string): boolean {
  const [timeA = 0n, countA = 0n] = a.split('-').map(BigInt)
  const [timeB = 0n, countB = 0n] = b.split('-').map(BigInt)
  return timeA === timeB ? countA < countB : timeA < timeB
}

/** When an entry was added, in milliseconds of Redis's time. */
export function timeOf(id: string): number {
  return Number(id.split('-')[0])
}

/** The names under which snapshots stand. */
export function snapshotNames(client: Redis): Promise<string[]> {
  return client.hkeys(SNAPSHOTS)
}

/** One is looked at before it is fetched: a huge value must not get into memory. */
const FETCH = `
local found = {}
for i, host in ipairs(ARGV) do
  if i > 1 then
    local size = redis.call('HSTRLEN', KEYS[1], host)
    if size > tonumber(ARGV[1]) then found[i - 1] = size
    else found[i - 1] = redis.call('HGET', KEYS[1], host) end
  end
end
return found`

/** The text of each snapshot that there is; in place of one that is too large, its size in bytes. */
export async function fetchSnapshots(client: Redis, hosts: string[]): Promise<Map<string, string | number>> {
  const found = new Map<string, string | number>()
  for (let at = 0; at < hosts.length; at += SNAPSHOTS_AT_ONCE) {
    const page = hosts.slice(at, at + SNAPSHOTS_AT_ONCE)
    const texts = (await client.eval(FETCH, 1, SNAPSHOTS, MAX_SNAPSHOT_BYTES, ...page)) as (
      | string
      | number
      | null
    )[]
    page.forEach((host, index) => {
      const text = texts[index]
      if (text !== null && text !== undefined) found.set(host, text)
    })
  }
  return found
}

function fieldOf(fields: string[], name: string): string | undefined {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field === name)
  return at < 0 ? undefined : fields[at + 1]
}
