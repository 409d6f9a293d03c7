import Type from './type.ts'

/** Milliseconds. */
export const Milliseconds = Type.Integer({ minimum: 0 })

export const Bytes = Type.Integer({ minimum: 0 })

export const StringMap = Type.Record(Type.String(), Type.String())

/** An object takes no other fields than its own. */
export const closed = { additionalProperties: false }
