import { ContainerSpec } from './container.ts'
import { NetworkSpec } from './network.ts'
import { closed, Milliseconds } from './parts.ts'
import Type, { type Static } from './type.ts'
import { VolumeSpec } from './volume.ts'

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
    /** What the controller has found out of images and added to the services; absent when there is none of it. */
    pinned: Type.Optional(
      Type.Object(
        {
          /** The digest of the stack as its file declares it. */
          declared: Type.String(),
          /** ISO time at which each reference was last looked up. */
          at: Type.Record(Type.String(), Type.String()),
        },
        closed,
      ),
    ),
    /** Hash of all the above but the times: equal digests need no rollout. */
    digest: Type.String(),
  },
  closed,
)

/** The digest of a stack as its file declares it, whatever its images were found to stand for. */
export function declaredDigest({ pinned, digest }: StackSpec): string {
  return pinned?.declared ?? digest
}
