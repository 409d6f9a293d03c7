import Type from './type.ts'

/** Milliseconds. */
export const Milliseconds = Type.Integer({ minimum: 0 })

export const Bytes = Type.Integer({ minimum: 0 })

export const StringMap = Type.Record(Type.String(), Type.String())

/** An object has no other fields than its own: `checker` refuses them, `reader` leaves them out. */
export const closed = { additionalProperties: false }
