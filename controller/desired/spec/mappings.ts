import type { Lookup } from '../compose/template.ts'
import { type Cursor, entriesOf, expected, fail, itemsOf, notice } from '../cursor.ts'
import { describeNode, quote, scalarText } from '../yaml/node.ts'

/**
 * Compose Specification §environment: list or map. A name without a value takes the stack's variable of that name,
 * and is left out (told as a notice) where there is none.
 */
export function environment(lookup: Lookup) {
  return (cursor: Cursor): Record<string, string> | undefined => {
    const read = pairs(cursor, (name, at) => {
      const value = lookup(name)
      if (value === undefined)
        notice(at, `${name} has no value and no variable of that name is set; left out`)
      return value
    })
    for (const [name, value] of Object.entries(read ?? {})) {
      if (/[\s=\p{Cc}]/u.test(name)) fail(cursor, `${quote(name)} is no name of a variable: no space, no =`)
      if (value.includes('\0')) fail(cursor, `the value of ${name} must not contain a NUL character`)
      if (TEMPLATE.test(value))
        notice(cursor, `${name} has a template of Swarm, which is passed on as it stands`)
    }
    return read
  }
}

// What Swarm fills in for each task (docker service create, §Create services using templates).
const TEMPLATE = /\{\{ ?\.(Service|Task|Node)\./

/** Compose Specification §labels: list or map; a name without a value is an empty label. */
export function labels(cursor: Cursor): Record<string, string> | undefined {
  return pairs(cursor, () => '')
}

type Unvalued = (name: string, at: Cursor) => string | undefined

function pairs(cursor: Cursor, unvalued: Unvalued): Record<string, string> | undefined {
  if (cursor.node.kind === 'list') return fromList(cursor, unvalued)
  const entries = entriesOf(cursor, 'a mapping or a list of NAME=value')
  if (!entries) return undefined
  const found = new Map<string, string>()
  for (const [name, inner] of entries) {
    const { node } = inner
    if (node.kind !== 'scalar') expected(inner, 'a string, a number or a boolean')
    else if (isName(name, inner))
      add(found, name, node.value === null ? unvalued(name, inner) : scalarText(node))
  }
  return Object.fromEntries(found)
}

function fromList(cursor: Cursor, unvalued: Unvalued): Record<string, string> | undefined {
  const found = new Map<string, string>()
  for (const inner of itemsOf(cursor) ?? []) {
    const { node } = inner
    if (node.kind !== 'scalar' || node.value === null) {
      expected(inner, 'NAME=value')
      continue
    }
    const line = scalarText(node)
    const equals = line.indexOf('=')
    const name = equals < 0 ? line : line.slice(0, equals)
    if (!isName(name, inner)) continue
    add(found, name, equals < 0 ? unvalued(name, inner) : line.slice(equals + 1))
  }
  return Object.fromEntries(found)
}

function add(found: Map<string, string>, name: string, value: string | undefined) {
  if (value !== undefined) found.set(name, value)
}

function isName(name: string, at: Cursor): boolean {
  if (name === '') fail(at, `${describeNode(at.node)} has no name before the =`)
  else if (name !== name.trim()) fail(at, `the name ${quote(name)} has a space beside the =`)
  else if (/[\0\n]/.test(name)) fail(at, 'a name must not contain a line break or NUL')
  else return true
  return false
}
