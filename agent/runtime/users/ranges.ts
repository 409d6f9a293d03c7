import { createHash } from 'node:crypto'
import { OWN_USERS } from '../../../schemas/isolation.ts'

/**
 * The ids of the host that are given out, 2244 ranges. Nothing else is there: Debian's own users, /etc/subuid (100000 to
 * 600100000), systemd's containers (524288 to 1879048191, systemd UIDS-GIDS), SSSD's users of a directory (200000 to
 * 2000200000), and what systemd keeps from 2147352576 on. All are positive where an id is read as 32 bits with a sign.
 */
const LOWEST = 2_000_289_792
const END = 2_147_352_576
const COUNT = (END - LOWEST) / OWN_USERS

interface Span {
  first: number
  count: number
}

/**
 * The first ids of all ranges, in the order in which a task tries them: each task begins somewhere else, so that it finds
 * its own range again after a reboot whoever is first.
 * @param name tells the task from all others of the machine
 */
export function rangesFor(name: string): number[] {
  const start = createHash('sha256').update(name).digest().readUInt32BE() % COUNT
  return Array.from({ length: COUNT }, (_, index) => LOWEST + ((start + index) % COUNT) * OWN_USERS)
}

/** True for an id that `rangesFor` gives. */
export function isRange(first: number): boolean {
  return first >= LOWEST && first < END && (first - LOWEST) % OWN_USERS === 0
}

/**
 * The ids that somebody has on this host.
 * @param files the texts of subuid(5) and subgid(5), `name:first:count`, and of passwd(5) and group(5), `name:x:id`
 */
export function spansOf({ delegated, accounts }: { delegated: string[]; accounts: string[] }): Span[] {
  const delegations = fieldsOf(delegated).map(([, first, count]) => span(first, count))
  const single = fieldsOf(accounts).map(([, , id]) => span(id, '1'))
  return [...delegations, ...single].filter(({ first, count }) => first >= 0 && count > 0)
}

/** True when nobody has an id of a range. */
export function isFree(first: number, spans: Span[]): boolean {
  return !spans.some((other) => other.first < first + OWN_USERS && first < other.first + other.count)
}

function fieldsOf(texts: string[]): string[][] {
  return texts.flatMap((text) => text.split('\n')).map((line) => line.split(':'))
}

function span(first = '', count = ''): Span {
  const isNumber = (text: string) => /^\d{1,10}$/.test(text.trim())
  return isNumber(first) && isNumber(count)
    ? { first: Number(first), count: Number(count) }
    : { first: -1, count: 0 }
}
