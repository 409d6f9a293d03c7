import { type Cursor, fail } from '../../cursor.ts'
import { isNull, listNode, type Node, quote, textNode } from '../../yaml/node.ts'
import type { Scope, Shape } from '../shape.ts'
import { anyScalar } from './common.ts'
import { resolvePath } from './path.ts'
import { textOfScalar } from './scalar-text.ts'

const key: Shape = {
  expected: 'a string, as in "default" or "work=~/.ssh/id_ed25519"',
  scalar: { types: ['string'] },
  canonical: fromItem,
}

/** Compose Specification build §ssh: texts `default` or `id=path`, each id once. */
export const ssh: Shape = {
  expected: 'a mapping or a list of keys, as in "default"',
  list: { items: key, unique: (item) => (item.kind === 'scalar' ? item.text.split('=')[0] : undefined) },
  map: { values: anyScalar },
  canonical: fromMap,
}

function fromItem(at: Cursor, scope: Scope): Node | undefined {
  const text = at.node.kind === 'scalar' ? at.node.text : ''
  const [id = '', ...path] = text.split('=')
  if (path.length === 0 && id !== 'default')
    return fail(at, `${quote(text)} has no path; write ${id}=~/.ssh/id_ed25519`)
  return keyNode(at.node, id, path.join('='), scope)
}

function fromMap({ node }: Cursor, scope: Scope): Node {
  if (node.kind !== 'map') return node
  const items = [...node.entries].map(([id, { value }]) =>
    keyNode(value, id, value.kind === 'scalar' && !isNull(value) ? textOfScalar(value) : '', scope),
  )
  return listNode(node, items)
}

function keyNode(like: Node, id: string, path: string, scope: Scope): Node {
  return textNode(like, path === '' ? id : `${id}=${resolvePath(path, scope)}`)
}
