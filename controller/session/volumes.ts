import { SetpointError } from '../../schemas/error.ts'
import { FRAME, jsonOf } from '../../schemas/session/frames.ts'
import { HostVolume, type RemoveVolumeRequest } from '../../schemas/session/volumes.ts'
import Type from '../../schemas/type.ts'
import { reader } from '../../schemas/validate.ts'
import { ask } from './ask.ts'
import type { SessionOpener } from './open.ts'

type Opener = Pick<SessionOpener, 'open'>

/** Milliseconds: reading what is known, measuring it too, deleting a folder that may be large. */
const LIST_DEADLINE = 15_000
const SIZE_DEADLINE = 75_000
const REMOVE_DEADLINE = 10 * 60_000

const readVolumes = reader(Type.Array(HostVolume))

/** The volumes of a host. @throws SetpointError SESSION_LOST, and what the host or SessionOpener says */
export async function volumesOn(opener: Opener, host: string, size: boolean): Promise<HostVolume[]> {
  const deadline = size ? SIZE_DEADLINE : LIST_DEADLINE
  const open = () => opener.open(host, { kind: 'volumes', size })
  const said = await ask(open, { host, frame: FRAME.volumes, deadline })
  const payload = Buffer.concat(said.map((frame) => frame.payload))
  const volumes = readVolumes(jsonOf({ type: FRAME.volumes, payload }))
  if (volumes.ok) return volumes.value
  throw new SetpointError('SESSION_BROKEN', `${host} told of its volumes in a shape that is not known.`, {
    hint: 'Controller and agent may differ in version: upgrade the older one.',
  })
}

/** Resolves once it is gone. @throws SetpointError VOLUME_KEPT, DEADLINE_PASSED, MOUNT_FAILED, as `volumesOn` */
export async function removeVolumeOn(
  opener: Opener,
  host: string,
  volume: Omit<RemoveVolumeRequest, 'kind'>,
): Promise<void> {
  const open = () => opener.open(host, { kind: 'removeVolume', ...volume })
  const hint = 'It goes on removing; `setpoint volumes` shows what is there.'
  await ask(open, { host, frame: FRAME.volumes, deadline: REMOVE_DEADLINE, hint })
}
