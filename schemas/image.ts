import { CommandHealthcheck } from './healthcheck.ts'
import { closed, StringMap } from './parts.ts'
import Type, { type Static } from './type.ts'

/** OCI image config fields (image-spec §config) as an image spec may set them. */
export type ImageConfig = Static<typeof ImageConfig>
export const ImageConfig = Type.Object(
  {
    entrypoint: Type.Optional(Type.Array(Type.String())),
    command: Type.Optional(Type.Array(Type.String())),
    environment: Type.Optional(StringMap),
    workingDir: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    ports: Type.Optional(Type.Array(Type.String())),
    labels: Type.Optional(StringMap),
    stopSignal: Type.Optional(Type.String()),
    /** Paths that are volumes without a name where a service mounts nothing. */
    volumes: Type.Optional(Type.Array(Type.String())),
    healthcheck: Type.Optional(CommandHealthcheck),
  },
  closed,
)

export type ImageFile = Static<typeof ImageFile>
export const ImageFile = Type.Object(
  {
    /** Absolute path in the image. */
    path: Type.String({ pattern: '^/' }),
    /** The content, base64: what was inline or stood in the repository. */
    content: Type.String(),
    /** Permission bits, e.g. 0o644 = 420. */
    mode: Type.Integer({ minimum: 0, maximum: 0o7777 }),
    uid: Type.Integer({ minimum: 0 }),
    gid: Type.Integer({ minimum: 0 }),
  },
  closed,
)

/** A declared image: all inputs by value, so that its tag can be their hash. */
export type ImageSpec = Static<typeof ImageSpec>
export const ImageSpec = Type.Object(
  {
    name: Type.String(),
    /** `scratch` or a full reference. */
    base: Type.String(),
    /** Debian packages (`name` or `name=version`), unpacked with what they depend on. */
    packages: Type.Array(Type.String()),
    files: Type.Array(ImageFile),
    /** Commands run in the image while it is built, each an argv. */
    run: Type.Array(Type.Array(Type.String(), { minItems: 1 })),
    config: ImageConfig,
  },
  closed,
)

/** Where a container's image comes from: a registry reference, or an image spec that the host builds. */
export type ImageSource = Static<typeof ImageSource>
export const ImageSource = Type.Object(
  {
    /** A full reference: `docker.io/library/nginx:1.29`, or for a spec `localhost/setpoint/NAME:<hash of its inputs>`. */
    reference: Type.String(),
    /** Compose Specification §pull_policy; `missing` is the default. */
    pull: Type.Union([Type.Literal('always'), Type.Literal('missing'), Type.Literal('never')]),
    /** `sha256:…` of the manifest (list) that the reference stood for when the revision was accepted: what every host runs. */
    digest: Type.Optional(Type.String({ pattern: '^sha256:[a-f0-9]{64}$' })),
    /** `os/architecture[/variant]`; absent: the host's own. */
    platform: Type.Optional(Type.String({ pattern: '^linux/[a-z0-9]+(/[a-z0-9]+)?$' })),
    /** Milliseconds after which the controller looks again what the reference stands for (`daily`, `weekly`, `every_…`). */
    refresh: Type.Optional(Type.Integer({ minimum: 1 })),
    spec: Type.Optional(ImageSpec),
  },
  closed,
)
