import { Bytes, closed } from './parts.ts'
import Type, { type Static } from './type.ts'

const Share = Type.Number({ minimum: 0 })

/** What a task uses of its host, read from the kernel; what a kernel does not tell is absent. */
export type Usage = Static<typeof Usage>
export const Usage = Type.Object(
  {
    /** Seconds of core time since the container was made. */
    cpuSeconds: Share,
    /** Cores in use since the reading before, e.g. 0.25; absent at the first. */
    cores: Type.Optional(Share),
    /** Bytes without the page cache that the kernel could drop at once, as `docker stats` counts. */
    memory: Bytes,
    /** Absent: no limit. */
    memoryLimit: Type.Optional(Bytes),
    pids: Type.Integer({ minimum: 0 }),
    /** Bytes from and to block devices. */
    read: Type.Optional(Bytes),
    written: Type.Optional(Bytes),
    /** Bytes over all interfaces but the loopback; absent in the network of the host. */
    received: Type.Optional(Bytes),
    sent: Type.Optional(Bytes),
    /** The share of the last ten seconds, 0 to 1, in which some process waited for it (kernel, accounting/psi.rst). */
    pressure: Type.Optional(
      Type.Object(
        { cpu: Type.Optional(Share), memory: Type.Optional(Share), io: Type.Optional(Share) },
        closed,
      ),
    ),
  },
  closed,
)
