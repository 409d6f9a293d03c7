import { closed, Milliseconds } from './parts.ts'
import Type, { type Static } from './type.ts'

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
