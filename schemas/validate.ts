import { Ajv, type ErrorObject } from 'ajv'
import type { Static, TSchema } from './type.ts'

const ajv = new Ajv({ allErrors: false, discriminator: false })

export type Checked<T> = { ok: true; value: T } | { ok: false; message: string }

/** A function that tells whether a value has the shape of `schema`; compiled at its first use. */
export function checker<T extends TSchema>(schema: T): (value: unknown) => Checked<Static<T>> {
  let validate: ReturnType<typeof ajv.compile> | undefined
  return (value) => {
    validate ??= ajv.compile(schema)
    return validate(value)
      ? { ok: true, value: value as Static<T> }
      : { ok: false, message: explain(validate.errors) }
  }
}

function explain(errors: ErrorObject[] | null | undefined): string {
  const [first] = errors ?? []
  return first ? `${first.instancePath || '/'} ${first.message}` : 'unknown'
}
