import { type Cursor, entriesOf, fail, notice } from '../cursor.ts'
import { isNull, quote } from '../yaml/node.ts'
import { text } from './values.ts'

/** Compose Specification §environment, resolved: a name that is still without a value is left out. */
export function environment(cursor: Cursor): Record<string, string> | undefined {
  const found = new Map<string, string>()
  for (const [name, inner] of entriesOf(cursor) ?? []) {
    if (/[\s=\p{Cc}]/u.test(name)) {
      fail(inner, `${quote(name)} is no name of a variable: no space, no =`)
      continue
    }
    if (inner.node.tag === '!broken') continue
    if (isNull(inner.node)) {
      notice(inner, `${name} has no value and no variable of that name is set; left out`)
      continue
    }
    const value = text(inner)
    if (value === undefined) continue
    found.set(name, value)
    if (TEMPLATE.test(value)) notice(inner, 'has a template of Swarm, which is passed on as it stands')
  }
  return Object.fromEntries(found)
}

// What Swarm fills in for each task (docker service create, §Create services using templates).
const TEMPLATE = /\{\{ ?\.(Service|Task|Node)\./

/** Texts by name, as labels are. */
export function textMap(cursor: Cursor): Record<string, string> | undefined {
  const entries = entriesOf(cursor)?.flatMap(([name, inner]): [string, string][] => {
    const value = text(inner)
    return value === undefined ? [] : [[name, value]]
  })
  return entries && Object.fromEntries(entries)
}
