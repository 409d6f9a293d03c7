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

/** `user:password@` of a URL, or of what stands for one. */
const USER_INFO = /((?:^|\s|\/\/)[^/\s:@]*):[^/\s]+@/g
/** An option of mount(8): up to a comma that no quotes enclose. */
const OPTION = /(?:"[^"]*"?|[^,"])+/g
/** In the key of an option whose value is secret: cifs `password2`, ceph `secret`, ecryptfs `passphrase_passwd`, … */
const SECRET_KEY = /pass|secret|key|token|cred|pw/i

/** Mount options, a device, or what was said about them, for a message: what is secret of them is left out. */
export function withoutPasswords(text: string): string {
  return text.replace(USER_INFO, '$1:…@').replace(OPTION, withoutSecret)
}

function withoutSecret(option: string): string {
  const [key, ...value] = option.split('=')
  if (key === undefined || value.length === 0) return option
  if (SECRET_KEY.test(key)) return `${key}=…`
  // mount.cifs(8): user=NAME%PASSWORD
  return /user/i.test(key) ? option.replace(/%.+$/s, '%…') : option
}
