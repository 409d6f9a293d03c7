import { type Cursor, expected } from '../../cursor.ts'
import type { Node } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'

/** Compose Specification §restart: a text, so that `no` is one too. */
export const restart: Shape = {
  expected: 'a string',
  scalar: { types: ['string', 'boolean'] },
  canonical: policy,
}

function policy(at: Cursor): Node | undefined {
  const { node } = at
  if (node.kind !== 'scalar' || typeof node.value !== 'boolean') return node
  const [meant, written] = node.value ? ['always', 'always'] : ['no', '"no"']
  return expected(at, restart.expected, { advice: `write ${written}`, suggestion: meant })
}
