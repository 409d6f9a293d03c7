import { Bytes, closed, StringMap } from './parts.ts'
import Type, { type Static } from './type.ts'

export type Mount = Static<typeof Mount>
export const Mount = Type.Object(
  {
    type: Type.Union([Type.Literal('volume'), Type.Literal('bind'), Type.Literal('tmpfs')]),
    /** A volume's full name (`<stack>_<key>`) or an absolute host path; empty for tmpfs. */
    source: Type.String(),
    target: Type.String(),
    readOnly: Type.Boolean(),
    /** Bind: make a missing host folder (compose's short syntax does). */
    createHostPath: Type.Optional(Type.Boolean()),
    /** tmpfs: size in bytes and mode. */
    size: Type.Optional(Bytes),
    mode: Type.Optional(Type.Integer()),
  },
  closed,
)

export type VolumeSpec = Static<typeof VolumeSpec>
export const VolumeSpec = Type.Object(
  { name: Type.String(), external: Type.Boolean(), labels: StringMap },
  closed,
)
