import { Ajv, type ErrorObject } from 'ajv'
import { knownPart } from './known.ts'
import type { Static, TSchema } from './type.ts'

const ajv = new Ajv({ allErrors: false, discriminator: false })

export type Checked<T> = { ok: true; value: T } | { ok: false; message: string }

/** Like Checked, with JSON pointers to the fields that were left out because only another version knows them. */
export type Read<T> = { ok: true; value: T; unknown: string[] } | { ok: false; message: string }

/**
 * For what people and their tools write: tells whether a value has the shape of `schema`, and refuses a field that it does
 * not declare. Compiled at its first use.
 */
export function checker<T extends TSchema>(schema: T): (value: unknown) => Checked<Static<T>> {
  let validate: ReturnType<typeof ajv.compile> | undefined
  return (value) => {
    validate ??= ajv.compile(schema)
    return validate(value)
      ? { ok: true, value: value as Static<T> }
      : { ok: false, message: explain(validate.errors) }
  }
}

/**
 * For what the other side, or another version of ourselves, has written: the fields that `schema` declares, in a value that
 * may have more of them at any level. What is declared must be right; a value of an enumeration that is not known is not.
 */
export function reader<T extends TSchema>(schema: T): (value: unknown) => Read<Static<T>> {
  const check = checker(schema)
  return (written) => {
    const whole = check(written)
    if (whole.ok) return { ...whole, unknown: [] }
    const known = knownPart(schema, written)
    if (known === undefined) return { ok: false, message: 'it has thousands of fields that are not known' }
    const { value, unknown } = known
    if (unknown.length === 0) return whole
    const part = check(value)
    return part.ok ? { ...part, unknown } : part
  }
}

function explain(errors: ErrorObject[] | null | undefined): string {
  const [first] = errors ?? []
  return first ? `${first.instancePath || '/'} ${first.message}` : 'unknown'
}
