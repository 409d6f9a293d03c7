import { type Cursor, fail } from '../../cursor.ts'
import { isNull, type Node, quote, scalarNode, textNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'
import { listToMap, pairNode } from './list-to-map.ts'
import { replace } from './merge-rules.ts'
import { textOfScalar } from './scalar-text.ts'

/**
 * Compose Specification §environment, build §args: names to texts, null for a name whose value is taken from where
 * Compose runs.
 */
export const environment = pairs({ what: 'variables', example: 'NAME=value', missing: null })

/** Compose Specification §labels: names to texts. */
export const labels = pairs({ what: 'labels', example: 'com.example.team=web', missing: '' })

/** Names to texts: §sysctls, §annotations. */
export const keyValues = pairs({ what: 'settings', example: 'name=value', missing: '' })

interface Pairs {
  what: string
  /** An item of the list form. */
  example: string
  /** What a name without a value has. */
  missing: null | ''
}

function pairs({ what, example, missing }: Pairs): Shape {
  const value: Shape = {
    ...anyScalar,
    canonical: ({ node }) =>
      node.kind !== 'scalar' || isNull(node) ? scalarNode(node, missing) : textNode(node, textOfScalar(node)),
    merge: replace,
  }
  const item: Shape = {
    expected: `a string, as in ${quote(example)}`,
    scalar: { types: ['string'] },
    canonical: (at) => pair(at, example, missing),
  }
  return {
    expected: `a mapping or a list of ${what}, as in ${quote(example)}`,
    list: { items: item },
    map: { values: value },
    canonical: ({ node }) => listToMap(node),
  }
}

/** `NAME=value` or `NAME` */
function pair(at: Cursor, example: string, missing: null | ''): Node | undefined {
  const { node } = at
  const text = node.kind === 'scalar' ? node.text : ''
  const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? []
  if (/\s$/.test(name)) return fail(at, `the name ${quote(name)} ends in a space; write ${example}`)
  if (name === '') return fail(at, `${quote(text)} has no name; write ${example}`)
  return pairNode(node, name, scalarNode(node, value ?? missing))
}
