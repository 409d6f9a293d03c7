import { messageOf, SetpointError } from '../../schemas/error.ts'
import Type, { type Static, type TSchema } from '../../schemas/type.ts'
import { checker } from '../../schemas/validate.ts'

/** Go writes null for what is not set. */
const nullable = <T extends TSchema>(type: T) => Type.Optional(Type.Union([type, Type.Null()]))

/** The most entries of a list, and the most volumes: each is a folder, and a mount of every task. */
const MAX_ITEMS = 10_000
const MAX_VOLUMES = 100

/** No string of a command line or an environment may be longer (execve(2), MAX_ARG_STRLEN). */
const Text = Type.String({ maxLength: 128 * 1024 })
const Texts = nullable(Type.Array(Text, { maxItems: MAX_ITEMS }))
const Nanoseconds = nullable(Type.Integer({ minimum: 0 }))

const RawHealthcheck = Type.Object({
  Test: Texts,
  /** 0 is Docker's default, as for the others. */
  Interval: Nanoseconds,
  Timeout: Nanoseconds,
  StartPeriod: Nanoseconds,
  StartInterval: Nanoseconds,
  Retries: nullable(Type.Integer({ minimum: 0 })),
})
export type RawHealthcheck = Static<typeof RawHealthcheck>

const RawConfig = Type.Object({
  Entrypoint: Texts,
  Cmd: Texts,
  Env: Texts,
  WorkingDir: nullable(Text),
  User: nullable(Text),
  /** A set, by the names of its fields. */
  ExposedPorts: nullable(Type.Object({})),
  Labels: nullable(Type.Record(Type.String(), Type.String())),
  StopSignal: nullable(Text),
  Volumes: nullable(Type.Object({}, { maxProperties: MAX_VOLUMES })),
  Shell: Texts,
  Healthcheck: nullable(RawHealthcheck),
})
export type RawConfig = Static<typeof RawConfig>

/** The parts of `buildah inspect --type image` that are read. Docker's config has the OCI one in it, and the healthcheck. */
const Inspected = Type.Object({
  FromImageID: Type.String(),
  Docker: nullable(Type.Object({ config: nullable(RawConfig) })),
  OCIv1: nullable(Type.Object({ config: nullable(RawConfig) })),
})

const check = checker(Inspected)

/**
 * What `buildah inspect --type image` has said. Who has made an image is not known: nothing of it is taken for granted.
 * @throws SetpointError IMAGE_INVALID
 */
export function readInspected(json: string): Static<typeof Inspected> {
  const checked = check(parse(json))
  if (!checked.ok) throw invalid(checked.message)
  return checked.value
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw invalid(messageOf(error))
  }
}

function invalid(why: string): SetpointError {
  return new SetpointError('IMAGE_INVALID', `The config of the image cannot be used: ${why}.`, {
    hint: 'Build the image anew without it, or take another one.',
  })
}
