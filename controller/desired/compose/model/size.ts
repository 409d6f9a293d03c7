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

const EXPONENTS: Record<string, number> = { k: 1, m: 2, g: 3, t: 4, p: 5 }
const LARGEST = 2n ** 63n - 1n

/** The decimal digits of a size as Compose reads it; undefined when it is none. */
function parseBytes(text: string): string | undefined {
  if (/^\d{1,19}$/.test(text)) return BigInt(text) <= LARGEST ? String(BigInt(text)) : undefined
  // Nobody writes so many digits, and matching them takes its time.
  if (text.length > 100) return undefined
  const match = /^(\d+(?:\.\d*)?|\.\d+)(e\+?\d+)? ?(?:([kmgtp])(?:i?b)?|b)?$/i.exec(text)
  if (!match) return undefined
  const [, digits = '', exponent = '', unit = ''] = match
  const bytes = Math.trunc(Number(digits + exponent) * 1024 ** (EXPONENTS[unit.toLowerCase()] ?? 0))
  return Number.isSafeInteger(bytes) ? String(bytes) : undefined
}
