import { closed, StringMap } from './parts.ts'
import Type, { type Static } from './type.ts'

/** A device of the host, or a folder of devices, as a container sees it. */
export type DeviceMapping = Static<typeof DeviceMapping>
export const DeviceMapping = Type.Object(
  {
    source: Type.String(),
    target: Type.String(),
    /** Any of `r`, `w` and `m`. */
    permissions: Type.String(),
  },
  closed,
)

/** Devices that are asked for by what they can do (Compose Deploy Specification §devices). */
export type DeviceRequest = Static<typeof DeviceRequest>
export const DeviceRequest = Type.Object(
  {
    capabilities: Type.Array(Type.String()),
    driver: Type.Optional(Type.String()),
    /** -1 is all of them; absent where `ids` says which. */
    count: Type.Optional(Type.Integer({ minimum: -1 })),
    ids: Type.Optional(Type.Array(Type.String())),
    options: Type.Optional(StringMap),
  },
  closed,
)

export type Devices = Static<typeof Devices>
export const Devices = Type.Object(
  {
    nodes: Type.Optional(Type.Array(DeviceMapping)),
    /** Names of the Container Device Interface: `nvidia.com/gpu=all`. */
    names: Type.Optional(Type.Array(Type.String())),
    requests: Type.Optional(Type.Array(DeviceRequest)),
    /** Lines of the devices cgroup: `c 188:* rwm`. */
    rules: Type.Optional(Type.Array(Type.String())),
  },
  closed,
)
