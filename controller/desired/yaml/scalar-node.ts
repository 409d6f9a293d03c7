import type { Scalar } from 'yaml'
import { broken, type Place, type ScalarNode } from './node.ts'
import { resolvePlain } from './scalar.ts'
import { tagOf } from './tags.ts'
import { textStart } from './text-start.ts'

/** A YAML scalar as a value: quotes and `!!str` keep it text, `!!int` and its like read it also inside quotes. */
export function scalarFrom(from: Scalar, at: Place, source: string): ScalarNode {
  const text = typeof from.value === 'string' ? from.value : ''
  const { meaning } = tagOf(from)
  const isResolved = meaning !== 'text' && (isPlain(from) || meaning === 'typed')
  const start = textStart(from, source, at)
  return { kind: 'scalar', at, value: isResolved ? resolvePlain(text) : text, text, ...(start && { start }) }
}

/** Written without quotes, or not written at all. */
export function isPlain({ type, value }: Scalar): boolean {
  return type === 'PLAIN' || (type === undefined && !value)
}

/** What stands where nothing is written. */
export function nothing(at: Place): ScalarNode {
  return { kind: 'scalar', at, value: null, text: '' }
}

/** What stands where something is written that has had its problem. */
export function unusable(at: Place): ScalarNode {
  return broken(nothing(at))
}
