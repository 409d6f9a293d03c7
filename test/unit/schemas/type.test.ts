import TypeBox from 'typebox'
import { describe, expect, it } from 'vitest'
import Ours from '../../../schemas/type.ts'

type Builder = typeof Ours

/** One schema with everything that the project uses, built by the builders given. */
const sample = (Type: Builder) =>
  Type.Object(
    {
      list: Type.Array(Type.String({ pattern: '^/' }), { minItems: 1 }),
      flag: Type.Optional(Type.Boolean()),
      count: Type.Integer({ minimum: 0, maximum: 10 }),
      share: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
      kind: Type.Union([Type.Literal('a'), Type.Literal('b')]),
      none: Type.Union([Type.Object({}), Type.Null()]),
      map: Type.Record(Type.String(), Type.String()),
      nested: Type.Optional(
        Type.Object({ only: Type.Optional(Type.String()) }, { additionalProperties: false }),
      ),
    },
    { additionalProperties: false },
  )

describe('the schema builders', () => {
  it('build what TypeBox builds', () => {
    expect(JSON.parse(JSON.stringify(sample(Ours)))).toEqual(JSON.parse(JSON.stringify(sample(TypeBox))))
  })
})
