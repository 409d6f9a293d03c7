import { closed } from './parts.ts'
import { SeccompProfile } from './seccomp.ts'
import Type, { type Static } from './type.ts'

const yes = Type.Literal(true)
/** The namespace of the task of that service in the same slot. */
const OfService = Type.Object({ service: Type.String() }, closed)

/** How many users and groups a container with users of its own has: 0 to 65535, `nobody` (65534) among them. */
export const OWN_USERS = 65_536

/** How far a container is kept from the host and from others; what is absent is as tight as Docker's default. */
export type Isolation = Static<typeof Isolation>
export const Isolation = Type.Object(
  {
    /** The container may do what the agent may: all its capabilities and devices, nothing masked, no filters. */
    privileged: Type.Optional(yes),
    /**
     * `unconfined`, the absolute path of a profile on the host, or a profile of the repository by value: it is small, and
     * so it is part of the fingerprint and is with the task wherever that goes.
     */
    seccomp: Type.Optional(Type.Union([Type.String(), SeccompProfile])),
    /** `unconfined`, or the name of a profile that the host has loaded. */
    apparmor: Type.Optional(Type.String()),
    /** Nothing of /proc and /sys is masked or read-only. */
    showsSystem: Type.Optional(yes),
    /** `host`, or that of a service; absent: its own. */
    pid: Type.Optional(Type.Union([Type.String(), OfService])),
    /** `host`, `none`: its own without /dev/shm, `shareable`: its own, which others may join, or that of a service; absent: its own. */
    ipc: Type.Optional(Type.Union([Type.String(), OfService])),
    uts: Type.Optional(Type.Literal('host')),
    /** Absent: private on cgroup v2, that of the host on v1, as in Docker. */
    cgroup: Type.Optional(Type.Union([Type.Literal('host'), Type.Literal('private')])),
    /** Users of its own: ids of the host that nobody else has; absent: those of the host. */
    users: Type.Optional(Type.Literal('own')),
    /** The OCI runtime; absent: the one that the agent has chosen. */
    runtime: Type.Optional(Type.Union([Type.Literal('crun'), Type.Literal('runc')])),
  },
  closed,
)

/** How a container's first process is started, beside its command line. */
export type ProcessSettings = Static<typeof ProcessSettings>
export const ProcessSettings = Type.Object(
  {
    /** Groups of the image by name, or numbers, that the user has as well. */
    groups: Type.Optional(Type.Array(Type.String())),
    /** A small init is process 1: it reaps orphans and passes signals on. */
    init: Type.Optional(yes),
    /** Standard input, output and error are a terminal. */
    tty: Type.Optional(yes),
    /** Standard input stays open. */
    stdinOpen: Type.Optional(yes),
  },
  closed,
)
