import { digest } from './canonical.ts'
import { closed } from './parts.ts'
import Type, { type Static } from './type.ts'

/** The largest user and group id there is: one less is -1, which stands for "leave it". */
const MAX_ID = 2 ** 32 - 2

/** Content of the repository, or of a value, that is mounted read-only; named by the hash of its bytes. */
export type ContentMount = Static<typeof ContentMount>
export const ContentMount = Type.Object(
  {
    kind: Type.Union([Type.Literal('config'), Type.Literal('secret'), Type.Literal('bind')]),
    /** The absolute path in the container. */
    target: Type.String(),
    /** What a pack of the content hashes to (see pack.ts); of a secret a keyed hash, which gives nothing away. */
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Who owns and who may read a config or secret; absent: as Docker has it, 0:0 and 0444. */
    mode: Type.Optional(Type.Integer({ minimum: 0, maximum: 0o7777 })),
    uid: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_ID })),
    gid: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_ID })),
  },
  closed,
)

/** Docker's mode of a config and a secret. */
export const CONTENT_MODE = 0o444

/** What stands for the digest of an external config where nobody knows what it holds, as on the machine of its author. */
export function unknownExternal(name: string): string {
  return digest(['external config', name])
}
