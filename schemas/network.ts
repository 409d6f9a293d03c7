import { digest } from './canonical.ts'
import { closed, StringMap } from './parts.ts'
import Type, { type Static } from './type.ts'

export type PublishedPort = Static<typeof PublishedPort>
export const PublishedPort = Type.Object(
  {
    target: Type.Integer({ minimum: 1, maximum: 65535 }),
    /** The port of the host. 0: the agent picks one of the host's ephemeral ports. */
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
  {
    network: Type.String(),
    aliases: Type.Array(Type.String()),
    /** Fixed addresses; absent: the agent picks free ones. */
    ipv4: Type.Optional(Type.String()),
    ipv6: Type.Optional(Type.String()),
    /** Hardware address; absent: made from the IP address. */
    mac: Type.Optional(Type.String()),
    /** Name of the interface in the container; absent: `eth0`, `eth1`, … in the order of the networks. */
    device: Type.Optional(Type.String()),
    /** The network with the greatest has the default route; absent is 0. */
    gatewayPriority: Type.Optional(Type.Number()),
    /** Further addresses, of 169.254.0.0/16 or fe80::/10. */
    linkLocal: Type.Optional(Type.Array(Type.String())),
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
    /** The bridge's address; absent: the first of the subnet. */
    gateway: Type.Optional(Type.String()),
    /** CIDR, the part of the subnet that addresses are given out from. */
    range: Type.Optional(Type.String()),
    /** False: no IPv4 addresses. */
    ipv4: Type.Optional(Type.Literal(false)),
    /** True: IPv6 addresses, beside IPv4 unless that is off. The three below are to IPv6 what those above are to IPv4. */
    ipv6: Type.Optional(Type.Literal(true)),
    subnet6: Type.Optional(Type.String()),
    gateway6: Type.Optional(Type.String()),
    range6: Type.Optional(Type.String()),
    /** Addresses of either family that no task gets by itself. */
    reserved: Type.Optional(Type.Array(Type.String())),
    /** Bytes of the largest packet. */
    mtu: Type.Optional(Type.Integer({ minimum: 68, maximum: 65535 })),
    /** The CNI plugin that makes the links; absent: a bridge of Setpoint's own. */
    driver: Type.Optional(Type.String()),
    /** For the plugin. */
    options: Type.Optional(StringMap),
    external: Type.Boolean(),
  },
  closed,
)

/**
 * What tells one network from another on a host. A network whose settings change is another network with the same name:
 * tasks of the old and of the new one live side by side until the last old one has gone.
 */
export function networkKey({ external: _external, ...settings }: NetworkSpec): string {
  return digest(settings, 12)
}
