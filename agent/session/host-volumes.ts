import type { Channel } from '../../schemas/session/channel.ts'
import { CHUNK, FRAME } from '../../schemas/session/frames.ts'
import type { RemoveVolumeRequest, VolumesRequest } from '../../schemas/session/volumes.ts'
import { type Catalogue, listVolumes, removeVolume as remove } from '../volume/catalogue.ts'
import type { Reach } from './reach.ts'

/** Sends the volumes of this host, as JSON in pieces. */
export async function sendVolumes({ size }: VolumesRequest, channel: Channel, reach: Reach): Promise<void> {
  const json = Buffer.from(JSON.stringify(await listVolumes(catalogueOf(reach), size)))
  for (let at = 0; at < json.length; at += CHUNK) {
    await channel.send({ type: FRAME.volumes, payload: json.subarray(at, at + CHUNK) })
  }
}

/** Removes a volume; the end of the session says how that went. */
export async function removeVolume(request: RemoveVolumeRequest, _: Channel, reach: Reach): Promise<void> {
  await remove(catalogueOf(reach), request)
}

function catalogueOf({ paths, runtime, tasks, volumes, uses }: Reach): Catalogue {
  return { paths, runtime, known: tasks.known, volumes, uses }
}
