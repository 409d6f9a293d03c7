import { closed, StringMap } from '../parts.ts'
import Type, { type Static } from '../type.ts'
import { DriverOptions } from '../volume.ts'

/** Longer than any name of a volume, and than an ISO time. */
const Word = Type.String({ maxLength: 300 })

/** The volumes of a host. */
export type VolumesRequest = Static<typeof VolumesRequest>
export const VolumesRequest = Type.Object(
  {
    kind: Type.Literal('volumes'),
    /** Measure them too, which reads every folder of each. */
    size: Type.Boolean(),
  },
  closed,
)

/** Remove a volume, if it is still the one that was made at that time, and no task uses it. */
export type RemoveVolumeRequest = Static<typeof RemoveVolumeRequest>
export const RemoveVolumeRequest = Type.Object(
  { kind: Type.Literal('removeVolume'), name: Word, createdAt: Word },
  closed,
)

/** A task that a volume is for. */
export type VolumeUser = Static<typeof VolumeUser>
export const VolumeUser = Type.Object(
  { taskId: Type.String(), stack: Type.String(), service: Type.String(), slot: Type.Integer() },
  closed,
)

/** A volume as its host knows it. */
export type HostVolume = Static<typeof HostVolume>
export const HostVolume = Type.Object(
  {
    /** Empty for one that belongs to a task and has no name. */
    name: Type.String(),
    /** Where it is seen in the container; of one without a name. */
    target: Type.Optional(Type.String()),
    /** Where its data is on the host: a folder, or where its device is mounted while a task needs it. */
    path: Type.String(),
    external: Type.Boolean(),
    labels: StringMap,
    /** Without passwords. Absent: a folder of the agent's own. */
    driverOpts: Type.Optional(DriverOptions),
    /** ISO time. */
    createdAt: Type.String(),
    usedBy: Type.Array(VolumeUser),
    /** Whose tasks use it, or were the last to do so; absent when that is not known. */
    stack: Type.Optional(Type.String()),
    /** ISO time at which the last task that had used it was gone; absent while one does, and when it is not known. */
    unusedSince: Type.Optional(Type.String()),
    /** Bytes on the disk; absent when it was not asked for, lies on a device, or could not be told in time. */
    size: Type.Optional(Type.Number()),
  },
  closed,
)
