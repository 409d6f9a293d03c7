import type { Mark } from '../controller/desired/compose/marks.ts'
import type { Key, MapShape, ScalarShape, Shape } from '../controller/desired/compose/shape.ts'

/** A JSON Schema of draft 7, which is what editors read. */
export type JsonSchema = Record<string, unknown>

export interface SchemaOptions {
  title: string
  /** Variables (`${NAME}`) may stand wherever a value may. */
  hasVariables: boolean
}

/** The JSON Schema of files of a shape, for completion, hover texts and errors in editors. */
export function jsonSchema(shape: Shape, options: SchemaOptions): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: options.title,
    ...schemaOf(shape, options),
  }
}

function schemaOf(shape: Shape, options: SchemaOptions): JsonSchema {
  const alternatives = [
    ...(shape.scalar ? scalars(shape.scalar, options) : []),
    ...(shape.list ? [{ type: 'array', items: schemaOf(shape.list.items, options) }] : []),
    ...(shape.map ? [object(shape.map, options)] : []),
  ]
  const [only = {}] = alternatives
  return alternatives.length > 1 ? { anyOf: alternatives } : only
}

function object({ keys, values, names, required }: MapShape, options: SchemaOptions): JsonSchema {
  const others = values ? schemaOf(values, options) : false
  const patterns = {
    ...(keys ? { '^x-': {} } : {}),
    ...(names && values ? { [names.source]: others } : {}),
  }
  return {
    type: 'object',
    ...(keys ? { properties: properties(keys, options) } : {}),
    ...(Object.keys(patterns).length === 0 ? {} : { patternProperties: patterns }),
    additionalProperties: names ? false : others,
    ...(required ? { required } : {}),
  }
}

function properties(keys: Record<string, Key>, options: SchemaOptions): Record<string, JsonSchema> {
  const entries = Object.entries(keys).map(([key, { shape, mark, about }]) => [
    key,
    { ...described(`${about}${verdict(mark)}`), ...warning(mark), ...schemaOf(shape, options) },
  ])
  return Object.fromEntries(entries)
}

/** The YAML language server takes a plain description for no Markdown, and shows its backticks. */
function described(text: string): JsonSchema {
  return { description: text, ...(text.includes('`') && { markdownDescription: text }) }
}

function verdict(mark: Mark): string {
  if (mark.mark === 'honoured') return ''
  return mark.mark === 'ignored'
    ? `\n\nWithout effect: ${mark.reason}.`
    : `\n\nRefused: ${mark.reason}; ${mark.instead}.`
}

/** Editors underline such a key and do not propose it. */
function warning(mark: Mark): JsonSchema {
  if (mark.mark !== 'refused' || mark.usual.length > 0) return {}
  return { deprecationMessage: `Refused: ${mark.reason}; ${mark.instead}.` }
}

function scalars(rule: ScalarShape, options: SchemaOptions): JsonSchema[] {
  const { types, minimum, maximum } = rule
  const range = { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) }
  const numbers = types.filter((type) => type === 'number' || type === 'integer')
  const rest = types.filter((type) => type === 'boolean' || type === 'null')
  return [
    ...rest.map((type) => ({ type })),
    ...numbers.map((type) => ({ type, ...range })),
    ...(types.includes('string') ? texts(rule, options) : []),
  ]
}

function texts({ values, pattern, cast }: ScalarShape, { hasVariables }: SchemaOptions): JsonSchema[] {
  if (values) return [{ enum: values }, ...(hasVariables ? [{ type: 'string', pattern: VARIABLE }] : [])]
  const written = cast ? CASTS[cast] : pattern?.flags === '' ? pattern.source : undefined
  if (written === undefined) return [{ type: 'string' }]
  return [{ type: 'string', pattern: hasVariables ? `(?:${written})|${VARIABLE}` : written }]
}

const VARIABLE = '\\$'

// What a text may be that is turned into another type.
const CASTS = {
  integer: '^[+-]?\\d+$',
  number: '^[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?$',
  boolean: '^([Yy]|[Yy]es|YES|[Nn]|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE)$',
}
