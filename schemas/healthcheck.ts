import { closed, Milliseconds } from './parts.ts'
import Type, { type Static } from './type.ts'

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
