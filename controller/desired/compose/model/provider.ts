import { listNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { asText, listOf, mapping, string } from './common.ts'

const value: Shape = {
  expected: 'a string, a number or a boolean',
  scalar: { types: ['string', 'number', 'boolean'] },
  canonical: asText,
}

const oneOrMore: Shape = {
  ...listOf(value),
  ...value,
  expected: 'a value or a list of values',
  canonical: (at) => (at.node.kind === 'list' ? at.node : listNode(at.node, [asText(at)])),
}

/** Compose Specification §provider. */
export const provider = mapping(
  'a mapping with a type',
  {
    type: honoured(string, 'The program.'),
    options: honoured(
      { expected: 'a mapping of options', map: { values: oneOrMore } },
      'Options of the program, each with a value or several.',
    ),
  },
  'type',
)
