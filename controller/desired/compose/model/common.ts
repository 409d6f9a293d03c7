import type { Cursor } from '../../cursor.ts'
import { alternatives } from '../../suggest.ts'
import { isNull, mapNode, type Node, textNode } from '../../yaml/node.ts'
import type { Key, ScalarType, Shape } from '../shape.ts'
import { textOfScalar } from './scalar-text.ts'

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

/** A text, for which a number may stand: `group_add: [44]`. */
export const textOrNumber: Shape = {
  expected: 'a string or a number',
  scalar: { types: ['string', 'number'] },
  canonical: asText,
}

/** Options that are handed on as texts: `max-size: 10m`, `max-file: 3`. */
export const options: Shape = {
  expected: 'a mapping of options to strings or numbers',
  map: { values: textOrNumber },
}

/** A whole number within a range; both ends belong to it. */
export function integerFrom(minimum: number, maximum?: number): Shape {
  const range = maximum === undefined ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`
  const scalar = { types: ['integer', 'string'], cast: 'integer', minimum } as const
  return {
    expected: `a whole number ${range}`,
    scalar: maximum === undefined ? scalar : { ...scalar, maximum },
  }
}

/** One of the given words. */
export function oneOf(...values: string[]): Shape {
  return { expected: alternatives(values), scalar: { types: ['string'], values } }
}

export function listOf(items: Shape, expected = 'a list'): Shape {
  return { expected, list: { items } }
}

/** A list that names each thing once: of what is written twice one is kept. */
export function setOf(items: Shape, expected = 'a list'): Shape {
  return { expected, list: { items, unique: textOf } }
}

/** The same list, where to write an item twice is a mistake (`uniqueItems`, where nothing removes repetitions first). */
export function distinct(shape: Shape): Shape {
  return shape.list ? { ...shape, list: { ...shape.list, isDistinct: true } } : shape
}

/** A mapping with known keys. */
export function mapping(expected: string, keys: Record<string, Key>, ...required: string[]): Shape {
  return { expected, map: required.length === 0 ? { keys } : { keys, required } }
}

/** Names of services, networks and all else that a file declares. */
export const NAME = /^[a-zA-Z0-9._-]+$/

/** A mapping from names that the author gives. */
export function named(values: Shape, expected: string): Shape {
  return { expected, map: { values, names: NAME } }
}

/** The same, where nothing may be written too. */
export function orNothing(shape: Shape): Shape {
  const { canonical } = shape
  const types: readonly ScalarType[] = [...(shape.scalar?.types ?? []), 'null']
  const either = { ...shape, scalar: { ...shape.scalar, types } }
  if (!canonical) return either
  return { ...either, canonical: (at, scope) => (isNull(at.node) ? at.node : canonical(at, scope)) }
}

/** The same, where nothing may be written for a mapping without keys. */
export function orEmpty(shape: Shape): Shape {
  const filled = (node: Node) => (isNull(node) ? mapNode(node, {}) : node)
  return {
    ...orNothing(shape),
    canonical: (at, scope) => {
      const node = filled(at.node)
      return shape.canonical ? shape.canonical({ ...at, node }, scope) : node
    },
  }
}

/** The text itself, a number as it is printed. */
export function asText({ node }: Cursor): Node {
  return node.kind === 'scalar' ? { ...node, ...textNode(node, textOfScalar(node)) } : node
}

function textOf(item: Node): string | undefined {
  return item.kind === 'scalar' ? textOfScalar(item) : undefined
}
