import { parseBytes } from '../../../../schemas/size.ts'
import { type Cursor, expected } from '../../cursor.ts'
import { type Node, textNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { textOfScalar } from './scalar-text.ts'

/** Compose Specification §Specifying byte values, base 1024; printed as a text of bytes: `512m` is `"536870912"`. */
export const size: Shape = {
  expected: 'a size, as in 512m or 1gb, or -1 for no limit',
  scalar: { types: ['integer', 'string'] },
  canonical: (at) => inBytes(at, true),
}

/** A size where there is always a limit. */
export const limitedSize: Shape = {
  expected: 'a size, as in 512m or 1gb',
  scalar: { types: ['integer', 'string'] },
  canonical: (at) => inBytes(at, false),
}

function inBytes(at: Cursor, mayBeUnlimited: boolean): Node | undefined {
  const { node } = at
  const text = node.kind === 'scalar' ? textOfScalar(node) : ''
  const bytes = text === '-1' && mayBeUnlimited ? text : parseBytes(text)
  return bytes === undefined
    ? expected(at, mayBeUnlimited ? size.expected : limitedSize.expected)
    : textNode(node, bytes)
}
