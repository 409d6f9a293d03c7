import { SetpointError } from '../../schemas/error.ts'
import { FRAME } from '../../schemas/session/frames.ts'
import { HostVolume, type RemoveVolumeRequest } from '../../schemas/session/volumes.ts'
import Type from '../../schemas/type.ts'
import { reader } from '../../schemas/validate.ts'
import type { SessionOpener } from './open.ts'
import { replies } from './replies.ts'

type Opener = Pick<SessionOpener, 'open'>

/** Bytes that a host may tell of its volumes. */
const MOST = 16 * 1024 * 1024
/** Milliseconds: reading what is known, measuring it too, deleting a folder that may be large. */
const LIST_DEADLINE = 15_000
const SIZE_DEADLINE = 75_000
const REMOVE_DEADLINE = 10 * 60_000

const readVolumes = reader(Type.Array(HostVolume))

/** The volumes of a host. @throws SetpointError SESSION_LOST, and what the host or SessionOpener says */
export async function volumesOn(opener: Opener, host: string, size: boolean): Promise<HostVolume[]> {
  const deadline = size ? SIZE_DEADLINE : LIST_DEADLINE
  const said = await ask(opener, { host, request: { kind: 'volumes', size }, deadline })
  const volumes = readVolumes(JSON.parse(said))
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
  const request = { kind: 'removeVolume' as const, ...volume }
  await ask(opener, { host, request, deadline: REMOVE_DEADLINE })
}

interface Asking {
  host: string
  request: Parameters<Opener['open']>[1]
  deadline: number
}

/** What a host says up to the end of the session. */
async function ask(opener: Opener, { host, request, deadline }: Asking): Promise<string> {
  const channel = await opener.open(host, request)
  let late = false
  const timer = setTimeout(() => {
    late = true
    void channel.close()
  }, deadline)
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const { type, payload } of replies(channel)) {
      bytes += payload.length
      if (bytes > MOST) throw tooMuch(host)
      if (type === FRAME.volumes) pieces.push(payload)
    }
    return Buffer.concat(pieces).toString('utf8')
  } catch (error) {
    throw late ? tooLate(host, deadline) : error
  } finally {
    clearTimeout(timer)
    await channel.close()
  }
}

function tooLate(host: string, deadline: number): SetpointError {
  return new SetpointError('DEADLINE_PASSED', `${host} was not done within ${deadline / 1_000} s.`, {
    hint: 'What it was asked to remove it goes on removing; `setpoint volumes` shows what is there.',
  })
}

function tooMuch(host: string): SetpointError {
  return new SetpointError('SESSION_BROKEN', `${host} tells of its volumes in more than ${MOST} bytes.`)
}
