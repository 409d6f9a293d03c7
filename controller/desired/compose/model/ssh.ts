import { type Cursor, fail, within } from '../../cursor.ts'
import { compare } from '../../order.ts'
import { isNull, listNode, type Node, quote, textNode } from '../../yaml/node.ts'
import type { Scope, Shape } from '../shape.ts'
import { resolvePath } from './path.ts'

const key: Shape = {
  expected: 'a string, as in "default" or "work=~/.ssh/id_ed25519"',
  scalar: { types: ['string'] },
  canonical: fromItem,
}

const path: Shape = {
  expected: 'a path, as in ~/.ssh/id_ed25519',
  scalar: { types: ['string', 'null'] },
}

/** Compose Specification build §ssh: texts `default` or `id=path`, each id once, those of a mapping in the order of their ids. */
export const ssh: Shape = {
  expected: 'a mapping or a list of keys, as in "default"',
  list: { items: key, unique: (item) => (item.kind === 'scalar' ? item.text.split('=')[0] : undefined) },
  map: { values: path },
  canonical: fromMap,
}

function fromItem(at: Cursor, scope: Scope): Node | undefined {
  const text = at.node.kind === 'scalar' ? at.node.text : ''
  const [id = '', ...path] = text.split('=')
  return keyNode(at, { id, path: path.join('='), scope })
}

function fromMap(at: Cursor, scope: Scope): Node | undefined {
  const { node } = at
  if (node.kind !== 'map') return node
  const sorted = [...node.entries].sort(([a], [b]) => compare(a, b))
  const items = sorted.flatMap(([id, { value }]) => {
    const path = value.kind === 'scalar' ? value.text : ''
    return keyNode(within(at, id), { id, path: isNull(value) ? '' : path, scope }) ?? []
  })
  return items.length === node.entries.size ? listNode(node, items) : undefined
}

function keyNode(
  at: Cursor,
  { id, path, scope }: { id: string; path: string; scope: Scope },
): Node | undefined {
  if (id === '' || id.includes('='))
    return fail(at, `${quote(id)} is no id of a key; write work=~/.ssh/id_ed25519`)
  if (path !== '') return textNode(at.node, `${id}=${resolvePath(path, scope)}`)
  if (id === 'default') return textNode(at.node, id)
  return fail(at, `${quote(id)} has no path; write ${id}=~/.ssh/id_ed25519`)
}
