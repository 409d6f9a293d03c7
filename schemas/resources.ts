import { Bytes, closed } from './parts.ts'
import Type, { type Static } from './type.ts'

const Path = Type.String()
const Weight = Type.Integer({ minimum: 10, maximum: 1000 })
const Rates = Type.Array(Type.Object({ path: Path, rate: Type.Integer({ minimum: 0 }) }, closed))

/** Limits and shares of block devices, by the path of the device on the host. */
export type BlockLimits = Static<typeof BlockLimits>
export const BlockLimits = Type.Object(
  {
    /** The share of every device, 10 to 1000. */
    weight: Type.Optional(Weight),
    weights: Type.Optional(Type.Array(Type.Object({ path: Path, weight: Weight }, closed))),
    /** Bytes per second. */
    readBytes: Type.Optional(Rates),
    writeBytes: Type.Optional(Rates),
    /** Operations per second. */
    readOperations: Type.Optional(Rates),
    writeOperations: Type.Optional(Rates),
  },
  closed,
)

/** What the cgroup of a container allows. */
export type Resources = Static<typeof Resources>
export const Resources = Type.Object(
  {
    /** Cores, e.g. 0.5. */
    cpus: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /** Microseconds over which `cpus` is measured; absent: 100,000. */
    cpuPeriod: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 1_000_000 })),
    /** The weight against other containers in the scale of cgroup v1, where the default is 1024. */
    cpuShares: Type.Optional(Type.Integer({ minimum: 2, maximum: 262_144 })),
    /** Cores that may be used, as in `0-2,5`. */
    cpuset: Type.Optional(Type.String()),
    /** Hard limit in bytes. */
    memory: Type.Optional(Bytes),
    memoryReservation: Type.Optional(Bytes),
    /** Memory and swap together, in bytes; -1 is no limit; absent: twice the memory, as in Docker. */
    memorySwap: Type.Optional(Type.Integer({ minimum: -1 })),
    /** 0 to 100; of cgroup v1 only. */
    swappiness: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    /** The kernel lets the container wait for memory in place of killing in it; of cgroup v1 only. */
    oomKillDisable: Type.Optional(Type.Literal(true)),
    pids: Type.Optional(Type.Integer({ minimum: 1 })),
    block: Type.Optional(BlockLimits),
  },
  closed,
)

const Limit = Type.Integer({ minimum: -1 })

/** What the kernel allows each process of a container, whatever its cgroup. */
export type ProcessLimits = Static<typeof ProcessLimits>
export const ProcessLimits = Type.Object(
  {
    /** setrlimit(2) by its name in lower case, `nofile`; -1 is no limit. */
    ulimits: Type.Optional(Type.Record(Type.String(), Type.Object({ soft: Limit, hard: Limit }, closed))),
    /** -1000 (never) to 1000: how soon the kernel chooses it when memory is short. */
    oomScoreAdj: Type.Optional(Type.Integer({ minimum: -1000, maximum: 1000 })),
    /** Bytes of /dev/shm; absent: 64 MiB. */
    shmSize: Type.Optional(Bytes),
  },
  closed,
)
