import { closed } from './parts.ts'
import Type, { type Static } from './type.ts'

/** Content of the repository, or of a value, that is mounted read-only; named by the hash of its bytes. */
export type ContentMount = Static<typeof ContentMount>
export const ContentMount = Type.Object(
  {
    kind: Type.Union([Type.Literal('config'), Type.Literal('secret'), Type.Literal('bind')]),
    target: Type.String(),
    digest: Type.String(),
    /** As the file writes them; absent: as the kind has them. */
    mode: Type.Optional(Type.String()),
    uid: Type.Optional(Type.String()),
    gid: Type.Optional(Type.String()),
  },
  closed,
)
