import { ImageSource } from './image.ts'
import Type, { type Static } from './type.ts'

/** Milliseconds. */
const Milliseconds = Type.Integer({ minimum: 0 })
const Bytes = Type.Integer({ minimum: 0 })
const StringMap = Type.Record(Type.String(), Type.String())
const closed = { additionalProperties: false }

/** Compose Specification §healthcheck with Docker's defaults filled in; times in milliseconds. */
export type Healthcheck = Static<typeof Healthcheck>
export const Healthcheck = Type.Object(
  {
    /** The argv that is run in the container; `CMD-SHELL` has become `/bin/sh -c`. */
    test: Type.Array(Type.String(), { minItems: 1 }),
    interval: Milliseconds,
    timeout: Milliseconds,
    retries: Type.Integer({ minimum: 1 }),
    startPeriod: Milliseconds,
    startInterval: Milliseconds,
  },
  closed,
)

/** Swarm's restart policy. Without `delay` the agent backs off exponentially, the first restart at once. */
export type RestartPolicy = Static<typeof RestartPolicy>
export const RestartPolicy = Type.Object(
  {
    condition: Type.Union([Type.Literal('none'), Type.Literal('on-failure'), Type.Literal('any')]),
    delay: Type.Optional(Milliseconds),
    maxAttempts: Type.Optional(Type.Integer({ minimum: 1 })),
    window: Type.Optional(Milliseconds),
  },
  closed,
)

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

export type PublishedPort = Static<typeof PublishedPort>
export const PublishedPort = Type.Object(
  {
    target: Type.Integer({ minimum: 1, maximum: 65535 }),
    published: Type.Integer({ minimum: 1, maximum: 65535 }),
    protocol: Type.Union([Type.Literal('tcp'), Type.Literal('udp')]),
    /** The host address that is listened on; absent means every address. */
    hostIp: Type.Optional(Type.String()),
  },
  closed,
)

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

/** A service's place in one network: the network's full name and the names it answers to there. */
export type NetworkAttachment = Static<typeof NetworkAttachment>
export const NetworkAttachment = Type.Object(
  { network: Type.String(), aliases: Type.Array(Type.String()) },
  closed,
)

/** What one container of a service is: everything that, when it changes, needs a new task. */
export type ContainerSpec = Static<typeof ContainerSpec>
export const ContainerSpec = Type.Object(
  {
    image: ImageSource,
    entrypoint: Type.Optional(Type.Array(Type.String())),
    command: Type.Optional(Type.Array(Type.String())),
    environment: StringMap,
    workingDir: Type.Optional(Type.String()),
    /** `user[:group]`, by name or number. */
    user: Type.Optional(Type.String()),
    hostname: Type.Optional(Type.String()),
    labels: StringMap,
    networks: Type.Array(NetworkAttachment),
    ports: Type.Array(PublishedPort),
    mounts: Type.Array(Mount),
    /** Absent when there are none. */
    contents: Type.Optional(Type.Array(ContentMount)),
    /** Absent: the image's own healthcheck counts; null: `NONE`. */
    healthcheck: Type.Optional(Type.Union([Healthcheck, Type.Null()])),
    restart: RestartPolicy,
    resources: Resources,
    /** A signal's name, `SIGTERM`; absent: the image's, else SIGTERM. */
    stopSignal: Type.Optional(Type.String()),
    stopGracePeriod: Milliseconds,
    readOnly: Type.Boolean(),
    noNewPrivileges: Type.Boolean(),
    capAdd: Type.Array(Type.String()),
    capDrop: Type.Array(Type.String()),
  },
  closed,
)

/** Swarm's update settings (`deploy.update_config`), times in milliseconds, Setpoint's defaults filled in. */
export type UpdatePolicy = Static<typeof UpdatePolicy>
export const UpdatePolicy = Type.Object(
  {
    /** How many slots move at once; 0 means all. */
    parallelism: Type.Integer({ minimum: 0 }),
    /** The pause between two batches. */
    delay: Milliseconds,
    /** How long a new task must stay up and healthy before it counts. */
    monitor: Milliseconds,
    maxFailureRatio: Type.Number({ minimum: 0, maximum: 1 }),
    failureAction: Type.Union([Type.Literal('rollback'), Type.Literal('pause'), Type.Literal('continue')]),
    order: Type.Union([Type.Literal('stop-first'), Type.Literal('start-first')]),
    /** How long a batch may take until all its tasks are up and healthy; passing it is a failure. */
    deadline: Milliseconds,
  },
  closed,
)

export type Dependency = Static<typeof Dependency>
export const Dependency = Type.Object(
  {
    service: Type.String(),
    condition: Type.Union([Type.Literal('started'), Type.Literal('healthy'), Type.Literal('completed')]),
  },
  closed,
)

export type ServiceSpec = Static<typeof ServiceSpec>
export const ServiceSpec = Type.Object(
  {
    name: Type.String(),
    mode: Type.Union([Type.Literal('replicated'), Type.Literal('global')]),
    replicas: Type.Integer({ minimum: 0 }),
    dependsOn: Type.Array(Dependency),
    update: UpdatePolicy,
    container: ContainerSpec,
    /** Hash of `container` with the networks and volumes it uses: equal fingerprints need no new task. */
    fingerprint: Type.String(),
  },
  closed,
)

export type NetworkSpec = Static<typeof NetworkSpec>
export const NetworkSpec = Type.Object(
  {
    /** The full name, `<stack>_<key>` or what `name:` says. */
    name: Type.String(),
    internal: Type.Boolean(),
    /** CIDR; absent: the agent picks a free one. */
    subnet: Type.Optional(Type.String()),
    external: Type.Boolean(),
  },
  closed,
)

export type VolumeSpec = Static<typeof VolumeSpec>
export const VolumeSpec = Type.Object(
  { name: Type.String(), external: Type.Boolean(), labels: StringMap },
  closed,
)

/** One compose file in canonical form: what is wanted, with nothing left to look up. */
export type StackSpec = Static<typeof StackSpec>
export const StackSpec = Type.Object(
  {
    name: Type.String(),
    services: Type.Array(ServiceSpec),
    networks: Type.Array(NetworkSpec),
    volumes: Type.Array(VolumeSpec),
    /** `x-setpoint.drift`: put drift right, or only tell of it. */
    drift: Type.Union([Type.Literal('heal'), Type.Literal('report')]),
    /** Hash of all the above: equal digests need no rollout. */
    digest: Type.String(),
  },
  closed,
)
