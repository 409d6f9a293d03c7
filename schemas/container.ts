import { ContentMount } from './content.ts'
import { Devices } from './device.ts'
import { CommandHealthcheck, NetworkHealthcheck, SomeHealthTimes } from './healthcheck.ts'
import { ImageSource } from './image.ts'
import { Isolation, ProcessSettings } from './isolation.ts'
import { Logging } from './logging.ts'
import { NetworkAttachment, PublishedPort } from './network.ts'
import { closed, Milliseconds, StringMap } from './parts.ts'
import { ProcessLimits, Resources } from './resources.ts'
import { RestartPolicy } from './restart.ts'
import Type, { type Static } from './type.ts'
import { Mount } from './volume.ts'

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
    /** NIS domain name, and what follows the hostname in /etc/hosts. */
    domainname: Type.Optional(Type.String()),
    /** Further lines of /etc/hosts; the address may be `host-gateway`, which is the host as the task reaches it. */
    extraHosts: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), address: Type.String() }, closed)),
    ),
    /** What other names than those of services are asked of, instead of the host's resolvers; and of /etc/resolv.conf
     * the domains that short names are looked up in, and the resolver's options. */
    dns: Type.Optional(
      Type.Object(
        {
          servers: Type.Optional(Type.Array(Type.String())),
          search: Type.Optional(Type.Array(Type.String())),
          options: Type.Optional(Type.Array(Type.String())),
        },
        closed,
      ),
    ),
    /** Parameters of the kernel that each container has for itself: `net.core.somaxconn`. */
    sysctls: Type.Optional(StringMap),
    labels: StringMap,
    networks: Type.Array(NetworkAttachment),
    /** One address for all tasks of the service on a host; absent: its name leads to each task itself (`dnsrr`). */
    endpointMode: Type.Optional(Type.Literal('vip')),
    /** Absent: a namespace of its own. The host's; one with a loopback alone; or that of a service's task in the same slot. */
    networkMode: Type.Optional(
      Type.Union([
        Type.Literal('host'),
        Type.Literal('none'),
        Type.Object({ service: Type.String() }, closed),
      ]),
    ),
    ports: Type.Array(PublishedPort),
    mounts: Type.Array(Mount),
    /** Absent when there are none. */
    contents: Type.Optional(Type.Array(ContentMount)),
    /** Absent: the image's own healthcheck counts; null: `NONE`. */
    healthcheck: Type.Optional(Type.Union([CommandHealthcheck, NetworkHealthcheck, Type.Null()])),
    /** Without `healthcheck`: what is other than in the image's own. */
    healthcheckTimes: Type.Optional(SomeHealthTimes),
    restart: RestartPolicy,
    resources: Resources,
    limits: Type.Optional(ProcessLimits),
    isolation: Type.Optional(Isolation),
    process: Type.Optional(ProcessSettings),
    devices: Type.Optional(Devices),
    /** A signal's name, `SIGTERM`; absent: the image's, else SIGTERM. */
    stopSignal: Type.Optional(Type.String()),
    stopGracePeriod: Milliseconds,
    readOnly: Type.Boolean(),
    noNewPrivileges: Type.Boolean(),
    capAdd: Type.Array(Type.String()),
    capDrop: Type.Array(Type.String()),
    /** Absent: LOG_DEFAULTS. */
    logging: Type.Optional(Logging),
  },
  closed,
)
