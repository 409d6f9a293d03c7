import { closed } from './parts.ts'
import Type, { type Static } from './type.ts'

export type PublishedPort = Static<typeof PublishedPort>
export const PublishedPort = Type.Object(
  {
    target: Type.Integer({ minimum: 1, maximum: 65535 }),
    /** Of the host. 0: the agent picks one of the host's ephemeral ports. */
    published: Type.Integer({ minimum: 0, maximum: 65535 }),
    /** The last port of a range from `published` on: the agent picks the first that is free. */
    publishedEnd: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    protocol: Type.Union([Type.Literal('tcp'), Type.Literal('udp')]),
    /** The host address that is listened on; absent means every address. */
    hostIp: Type.Optional(Type.String()),
    /** Each task has the port to itself; absent: it is spread over the service's tasks on the host (`ingress`). */
    mode: Type.Optional(Type.Literal('host')),
  },
  closed,
)

/** A service's place in one network: the network's full name and the names it answers to there. */
export type NetworkAttachment = Static<typeof NetworkAttachment>
export const NetworkAttachment = Type.Object(
  { network: Type.String(), aliases: Type.Array(Type.String()) },
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
