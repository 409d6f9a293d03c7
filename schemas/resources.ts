import { Bytes, closed } from './parts.ts'
import Type, { type Static } from './type.ts'

export type Resources = Static<typeof Resources>
export const Resources = Type.Object(
  {
    /** Cores, e.g. 0.5. */
    cpus: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /** Hard limit in bytes. */
    memory: Type.Optional(Bytes),
    memoryReservation: Type.Optional(Bytes),
    pids: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
)
