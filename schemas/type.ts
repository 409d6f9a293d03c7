import type TypeBox from 'typebox'

export type { Static, TLiteral, TSchema, TUnion } from 'typebox'

type Builders =
  | 'Array'
  | 'Boolean'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'

type Schema = Record<string | symbol, unknown>

const OPTIONAL = Symbol('optional')

/**
 * TypeBox's builders, with its types, as plain JSON Schema. Loading TypeBox itself costs every process 20 MB and 50 ms
 * for eleven small functions; a test holds that these build what TypeBox builds.
 */
const Type = {
  Array: (items: Schema, options: Schema = {}) => ({ type: 'array', items, ...options }),
  Boolean: (options: Schema = {}) => ({ type: 'boolean', ...options }),
  Integer: (options: Schema = {}) => ({ type: 'integer', ...options }),
  Literal: (value: unknown) => ({ type: typeof value, const: value }),
  Null: () => ({ type: 'null' }),
  Number: (options: Schema = {}) => ({ type: 'number', ...options }),
  Object: (properties: Record<string, Schema>, options: Schema = {}) => {
    const required = Object.keys(properties).filter((name) => properties[name]?.[OPTIONAL] !== true)
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...options }
  },
  Optional: (schema: Schema) => ({ ...schema, [OPTIONAL]: true }),
  Record: (_keys: Schema, values: Schema) => ({ type: 'object', patternProperties: { '^.*$': values } }),
  String: (options: Schema = {}) => ({ type: 'string', ...options }),
  Union: (anyOf: Schema[], options: Schema = {}) => ({ anyOf, ...options }),
} as unknown as Pick<typeof TypeBox, Builders>

export default Type
