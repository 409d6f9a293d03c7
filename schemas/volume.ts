import { Bytes, closed, StringMap } from './parts.ts'
import Type, { type Static } from './type.ts'

export type Propagation = Static<typeof Propagation>
const Propagation = Type.Union([
  Type.Literal('private'),
  Type.Literal('shared'),
  Type.Literal('slave'),
  Type.Literal('rshared'),
  Type.Literal('rslave'),
])

export type Mount = Static<typeof Mount>
export const Mount = Type.Object(
  {
    type: Type.Union([Type.Literal('volume'), Type.Literal('bind'), Type.Literal('tmpfs')]),
    /** A volume's full name (`<stack>_<key>`), empty when it has none; an absolute host path; empty for tmpfs. */
    source: Type.String(),
    target: Type.String(),
    readOnly: Type.Boolean(),
    /** Bind: make a missing host folder (compose's short syntax does). */
    createHostPath: Type.Optional(Type.Boolean()),
    /** Bind: whether mounts made later on one side are seen on the other, mount(8) §shared subtree; absent: rprivate. */
    propagation: Type.Optional(Propagation),
    /**
     * Bind: what becomes of mounts below the source. Absent: they are taken along, and read-only where the mount is, if
     * the kernel can (5.12); `disabled`: left out; `writable`: never made read-only; `readonly`: always, or an error.
     */
    recursive: Type.Optional(
      Type.Union([Type.Literal('disabled'), Type.Literal('writable'), Type.Literal('readonly')]),
    ),
    /** Volume: a folder or file of it, relative and without `..`; absent: all of it. */
    subpath: Type.Optional(Type.String()),
    /** Volume: one that is new stays empty. */
    noCopy: Type.Optional(Type.Boolean()),
    /** tmpfs: size in bytes and mode. */
    size: Type.Optional(Bytes),
    mode: Type.Optional(Type.Integer()),
    /** tmpfs: options of mount(8) beside noexec, nosuid and nodev, or against them; sorted. */
    options: Type.Optional(Type.Array(Type.String())),
  },
  closed,
)

/** `driver_opts` of the driver `local`: what mount(2) is told. */
export type DriverOptions = Static<typeof DriverOptions>
export const DriverOptions = Type.Object(
  {
    /** A file system, or `none` for a folder that is there. */
    type: Type.String(),
    device: Type.String(),
    /** Options with commas between them. */
    o: Type.Optional(Type.String()),
  },
  closed,
)

export type VolumeSpec = Static<typeof VolumeSpec>
export const VolumeSpec = Type.Object(
  {
    name: Type.String(),
    external: Type.Boolean(),
    labels: StringMap,
    /** Absent: a folder of the agent's own. */
    driverOpts: Type.Optional(DriverOptions),
  },
  closed,
)

/** Docker's rule for names of volumes; it also keeps a name from leading out of a folder. */
export const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/

/** Mount options for a message: what is secret of them is left out (cifs: `pass`, `password`). */
export function withoutPasswords(options: string): string {
  return options.replace(/\b(pass|passwd|password2?)=[^,\s"]*/gi, '$1=…')
}
