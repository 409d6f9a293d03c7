import type { TSchema } from './type.ts'

/** What of a value a schema declares, and where the rest stood. */
export interface Known {
  value: unknown
  /** JSON pointers to the first of the fields that were left out: empty when there is none. */
  unknown: string[]
}

/** How many unknown fields are left out and named, and how much of a name: who wrote them may be nobody that we know. */
const MOST_UNKNOWN = 20_000
const MOST_NAMED = 20
const NAME_LENGTH = 100

/** The part of JSON Schema that our declarations use. */
interface Shape {
  type?: string
  const?: unknown
  required?: string[]
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  additionalProperties?: boolean
  items?: Shape
  anyOf?: Shape[]
}

/**
 * A copy of `value` without the fields that `schema` does not declare, at any level. What is wrong otherwise stays.
 * Undefined when it has thousands of them: the whole fleet waits for whoever copies that.
 */
export function knownPart(schema: TSchema, value: unknown): Known | undefined {
  const left: Left = { count: 0, named: [] }
  const kept = keep(schema as Shape, value, { at: '', left })
  return left.count > MOST_UNKNOWN ? undefined : { value: kept, unknown: left.named }
}

/** What was left out so far. */
interface Left {
  count: number
  named: string[]
}

interface Place {
  at: string
  left: Left
}

function keep(shape: Shape, value: unknown, place: Place): unknown {
  if (place.left.count > MOST_UNKNOWN) return undefined
  if (shape.anyOf) {
    const branch = shape.anyOf.find((each) => fits(each, value))
    return branch ? keep(branch, value, place) : value
  }
  const { items, properties = {}, patternProperties } = shape
  if (Array.isArray(value)) {
    return items ? value.map((each, index) => keep(items, each, below(place, `${index}`))) : value
  }
  if (!isObject(value)) return value
  const [others] = Object.values(patternProperties ?? {})
  const shapeOf = (name: string) => (Object.hasOwn(properties, name) ? properties[name] : others)
  const isClosed = shape.additionalProperties === false
  const [kept, left] = parted(Object.entries(value), ([name]) => !isClosed || shapeOf(name) !== undefined)
  for (const [name] of left) note(below(place, name))
  return Object.fromEntries(
    kept.map(([name, each]) => [name, keep(shapeOf(name) ?? {}, each, below(place, name))]),
  )
}

function note({ at, left }: Place): void {
  left.count += 1
  if (left.named.length < MOST_NAMED) left.named.push(at)
}

function parted<T>(all: T[], isKept: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isKept), all.filter((each) => !isKept(each))]
}

/** Enough to tell the branches of our unions apart: the kind of value, what is constant in it, and what it must have. */
function fits({ type, const: constant, required = [], properties = {} }: Shape, value: unknown): boolean {
  if (constant !== undefined) return value === constant
  if (type !== 'object') return type === kindOf(value) || (type === 'integer' && Number.isInteger(value))
  if (!isObject(value)) return false
  return required.every((name) => {
    const { const: wanted } = properties[name] ?? {}
    return Object.hasOwn(value, name) && (wanted === undefined || value[name] === wanted)
  })
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return kindOf(value) === 'object'
}

function below({ at, left }: Place, name: string): Place {
  return { at: `${at}/${name.slice(0, NAME_LENGTH)}`, left }
}
