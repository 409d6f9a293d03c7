import { closed } from './parts.ts'
import Type, { type Static } from './type.ts'

/** Where the log of a container goes, and how much of it is kept. */
export type Logging = Static<typeof Logging>
export const Logging = Type.Object(
  {
    /** `journald`: the journal as well, beside the file that `setpoint logs` reads. */
    driver: Type.Union([Type.Literal('file'), Type.Literal('journald'), Type.Literal('none')]),
    /** Bytes of one file. Absent: LOG_DEFAULTS. */
    maxSize: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Files, the one that is written among them. */
    maxFiles: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  closed,
)

/** What holds where a stack file says nothing. */
const LOG_DEFAULTS = { driver: 'file', maxSize: 10 * 1024 * 1024, maxFiles: 3 } as const

/** The settings in force. */
export function loggingOf(logging: Logging | undefined): Required<Logging> {
  return { ...LOG_DEFAULTS, ...logging }
}
