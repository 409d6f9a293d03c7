import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Job, SignedJob } from '../../schemas/job.ts'
import { StackRecord } from '../../schemas/record.ts'
import { Report, Snapshot } from '../../schemas/report.ts'
import { CopyEntry } from '../../schemas/session/request.ts'
import { HostVolume } from '../../schemas/session/volumes.ts'
import { Task, TaskStatus } from '../../schemas/task.ts'
import type { TSchema } from '../../schemas/type.ts'
import { checker, reader } from '../../schemas/validate.ts'

/** A value of today, and the same as a later version writes it: with another field in each object. */
interface Pair {
  today: unknown
  tomorrow: unknown
}

interface Shape {
  type?: string
  const?: unknown
  pattern?: string
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minItems?: number
  maxLength?: number
  minLength?: number
  required?: string[]
  properties?: Record<string, Shape>
  patternProperties?: Record<string, Shape>
  items?: Shape
  anyOf?: Shape[]
}

const NEW = 'ofTomorrow'

/** Pairs of any shape that our declarations can have. */
function pairs(shape: Shape): Arbitrary<Pair> {
  if (shape.anyOf) return fc.oneof(...shape.anyOf.map(pairs))
  if (shape.const !== undefined) return fc.constant(shape.const).map(same)
  if (shape.patternProperties) return maps(shape.patternProperties)
  if (shape.properties) return objects(shape)
  if (shape.items) return lists(shape)
  return scalars(shape).map(same)
}

const same = (value: unknown): Pair => ({ today: value, tomorrow: value })

function objects({ properties = {}, required = [] }: Shape): Arbitrary<Pair> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, pairs(each)]))
  const more = fc.constantFrom({ [NEW]: 1 }, { [NEW]: { deep: [{}] } })
  return fc.tuple(fc.record(fields, { requiredKeys: required }), more).map(([given, added]) => ({
    today: eachOf(given, 'today'),
    tomorrow: { ...eachOf(given, 'tomorrow'), ...added },
  }))
}

function maps(patterns: Record<string, Shape>): Arbitrary<Pair> {
  const [values = {}] = Object.values(patterns)
  return fc
    .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), pairs(values), { maxKeys: 2 })
    .map((given) => ({ today: eachOf(given, 'today'), tomorrow: eachOf(given, 'tomorrow') }))
}

function lists({ items = {}, minItems = 0 }: Shape): Arbitrary<Pair> {
  return fc.array(pairs(items), { minLength: minItems, maxLength: minItems + 2 }).map((given) => ({
    today: given.map(({ today }) => today),
    tomorrow: given.map(({ tomorrow }) => tomorrow),
  }))
}

function scalars({ type, pattern, ...limits }: Shape): Arbitrary<unknown> {
  const { exclusiveMinimum = -1000, minimum = exclusiveMinimum + 1, maximum = 100_000 } = limits
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  if (type === 'integer') return fc.integer({ min: minimum, max: maximum })
  if (type === 'number') return fc.double({ min: minimum, max: Math.max(minimum, maximum), noNaN: true })
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  const { minLength = 0, maxLength = 100 } = limits
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 8) })
}

function eachOf(given: Record<string, Pair | undefined>, when: keyof Pair): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).map(([name, pair]) => [name, pair?.[when]]))
}

const SHAPES: Record<string, TSchema> = {
  ...{ Report, Snapshot, Task, TaskStatus, StackRecord, Job, SignedJob, CopyEntry, HostVolume },
}

describe.each(Object.entries(SHAPES))('a %s of a later version', (_name, schema) => {
  const read = reader(schema)
  const check = checker(schema)
  const all = pairs(schema as Shape)

  it('is read as what this version knows of it', () => {
    fc.assert(
      fc.property(all, ({ today, tomorrow }) => {
        const written = JSON.parse(JSON.stringify(tomorrow))
        const found = read(written)
        expect(found).toMatchObject({ ok: true })
        expect(found.ok && found.value).toEqual(JSON.parse(JSON.stringify(today)))
        expect(found.ok && found.unknown).toContain(`/${NEW}`)
        expect(written, 'what was written is left as it is').toEqual(JSON.parse(JSON.stringify(tomorrow)))
      }),
      { numRuns: 50 },
    )
  })

  it('is refused where people write it, who must hear of a field that has no effect', () => {
    fc.assert(
      fc.property(all, ({ today, tomorrow }) => {
        expect(check(today)).toMatchObject({ ok: true })
        expect(check(tomorrow)).toMatchObject({ ok: false })
      }),
      { numRuns: 50 },
    )
  })
})
