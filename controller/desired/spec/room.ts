import type { ContainerSpec } from '../../../schemas/container.ts'
import { type Cursor, fail } from '../cursor.ts'

/** Bytes of a container as JSON. A job carries it to a host, with more beside it, and may have 4 MiB. */
const MAX_CONTAINER = 2 * 1024 * 1024
/** Bytes of all containers of a stack as JSON: a record keeps them in one piece. */
const MAX_STACK = 16 * 1024 * 1024

/** Tells whether one more container of a stack fits; where it does not, its service has a problem. */
export type Room = (service: Cursor, container: ContainerSpec) => boolean

/** The room of one stack. Once it is full nothing more is measured, so that little is built of what is refused. */
export function roomOfStack(): Room {
  let left = MAX_STACK
  return (service, container) => {
    if (left < 0) return false
    const bytes = Buffer.byteLength(JSON.stringify(container))
    left -= bytes
    if (bytes > MAX_CONTAINER) {
      fail(service, `has ${bytes} bytes as JSON, at most ${MAX_CONTAINER} reach a host; ${ADVICE}`)
    } else if (left < 0) {
      fail(service, `with this service the stack has more than ${MAX_STACK} bytes as JSON; ${ADVICE}`)
    }
    return bytes <= MAX_CONTAINER && left >= 0
  }
}

const ADVICE = 'put large content into the image'
