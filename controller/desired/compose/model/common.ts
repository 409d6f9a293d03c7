import type { ScalarType, Shape } from '../shape.ts'

/** Shapes that stand in many places of a file (definitions of the Compose Specification's schema). */

export const string: Shape = { expected: 'a string', scalar: { types: ['string'] } }

export const boolean: Shape = {
  expected: 'true or false',
  scalar: { types: ['boolean', 'string'], cast: 'boolean' },
}

export const integer: Shape = {
  expected: 'a whole number',
  scalar: { types: ['integer', 'string'], cast: 'integer' },
}

export const number: Shape = { expected: 'a number', scalar: { types: ['number', 'string'], cast: 'number' } }

const ANY_SCALAR: ScalarType[] = ['string', 'number', 'boolean', 'null']

/** A text, number, boolean or nothing: the value of an environment variable or label. */
export const anyScalar: Shape = { expected: 'a string, a number or a boolean', scalar: { types: ANY_SCALAR } }

/** One of the given words. */
export function oneOf(...values: string[]): Shape {
  return { expected: values.join(' or '), scalar: { types: ['string'], values } }
}

export function listOf(items: Shape, expected = 'a list'): Shape {
  return { expected, list: { items } }
}
