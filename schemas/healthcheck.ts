import { closed, Milliseconds } from './parts.ts'
import Type, { type Static } from './type.ts'

const times = {
  interval: Milliseconds,
  timeout: Milliseconds,
  retries: Type.Integer({ minimum: 1 }),
  startPeriod: Milliseconds,
  startInterval: Milliseconds,
}

const Port = Type.Integer({ minimum: 1, maximum: 65535 })

/** When a task is probed and how many failures count; times in milliseconds. */
const HealthTimes = Type.Object(times, closed)
export type HealthTimes = Static<typeof HealthTimes>

/** The times that a service sets of a healthcheck that it has from its image. */
export type SomeHealthTimes = Static<typeof SomeHealthTimes>
export const SomeHealthTimes = Type.Object(
  {
    interval: Type.Optional(Milliseconds),
    timeout: Type.Optional(Milliseconds),
    retries: Type.Optional(times.retries),
    startPeriod: Type.Optional(Milliseconds),
    startInterval: Type.Optional(Milliseconds),
  },
  closed,
)

/** Compose Specification §healthcheck with Docker's defaults filled in. */
export type CommandHealthcheck = Static<typeof CommandHealthcheck>
export const CommandHealthcheck = Type.Object(
  {
    /** The argv that is run in the container; `CMD-SHELL` has become `/bin/sh -c`. */
    test: Type.Array(Type.String(), { minItems: 1 }),
    ...times,
  },
  closed,
)

/** A question that the agent asks over the network, without a process in the container. */
export type NetworkProbe = Static<typeof NetworkProbe>
export const NetworkProbe = Type.Union([
  Type.Object(
    {
      type: Type.Literal('http'),
      scheme: Type.Union([Type.Literal('http'), Type.Literal('https')]),
      port: Port,
      /** The path and its query; begins with `/`. */
      path: Type.String(),
      /** The status codes of a task that is well, both ends included. */
      status: Type.Object({ from: Type.Integer(), to: Type.Integer() }, closed),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal('tcp'), port: Port }, closed),
  /** The gRPC health checking protocol; an empty service asks for the whole server. */
  Type.Object({ type: Type.Literal('grpc'), port: Port, service: Type.String() }, closed),
])

/** `x-setpoint.healthcheck` of a service. */
export type NetworkHealthcheck = Static<typeof NetworkHealthcheck>
export const NetworkHealthcheck = Type.Object({ probe: NetworkProbe, ...times }, closed)

export type Healthcheck = CommandHealthcheck | NetworkHealthcheck
