import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { SetpointError } from '../../schemas/error.ts'
import { isLoopback, splitHostPort } from './listen.ts'

/** What a listener asks of those who come: a token, or that they really mean this machine. */
export type Guard =
  | { kind: 'token'; token: string }
  | { kind: 'loopback' }
  /** The socket's file mode has decided already. */
  | { kind: 'none' }

/**
 * Lets a request through or throws API_DENIED, in the same words for every path.
 * A web page that a user of this machine visits can make the browser send requests here: by a name that its owner
 * points at 127.0.0.1 (DNS rebinding; the Host header betrays it) or from another origin (the Origin header does).
 */
export function admit(guard: Guard, headers: IncomingHttpHeaders): void {
  if (guard.kind === 'token' && !hasToken(headers.authorization, guard.token)) throw denied()
  if (guard.kind === 'loopback' && !isLoopback(hostOf(headers.host))) throw strangeName()
  if (guard.kind !== 'none' && isForeign(headers)) throw strangeOrigin()
}

function hasToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(sha256(given), sha256(token))
}

/** Equal lengths for timingSafeEqual, whatever came. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function hostOf(header: string | undefined): string {
  return splitHostPort(header ?? '')?.host ?? header ?? ''
}

function isForeign({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
}

function denied(): SetpointError {
  return new SetpointError('API_DENIED', 'The API refused the request: no valid token came with it.', {
    hint: 'Set SETPOINT_TOKEN to the token that the controller was started with.',
  })
}

function strangeName(): SetpointError {
  return new SetpointError('API_DENIED', 'The API answers only to a loopback name such as 127.0.0.1.', {
    hint: 'To use another name start the controller with SETPOINT_TOKEN set.',
  })
}

function strangeOrigin(): SetpointError {
  return new SetpointError('API_DENIED', 'The API takes no requests from the pages of another site.')
}
