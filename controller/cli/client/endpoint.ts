import { existsSync } from 'node:fs'
import { SetpointError } from '../../../schemas/error.ts'
import { apiSocket } from '../../api/socket.ts'
import { DEFAULT_LISTEN } from '../../options.ts'
import { stateFolder } from '../environment.ts'

/** A place where the API may answer. */
export type Endpoint = SocketEndpoint | { kind: 'url'; url: URL }

interface SocketEndpoint {
  kind: 'socket'
  path: string
  /** The state folder that it belongs to, when it was found by that. */
  state?: string
}

/**
 * The places to try in turn: what SETPOINT_API says, else the socket in the state folder. The default port comes after
 * that only when nobody has named a state folder: what answers there may be another fleet.
 * @throws SetpointError USAGE when SETPOINT_API is neither a URL nor `unix:/path`
 */
export function endpoints(env: NodeJS.ProcessEnv): Endpoint[] {
  const given = env.SETPOINT_API
  if (given) return [parseEndpoint(given)]
  const state = stateFolder(env)
  const socket: Endpoint = { kind: 'socket', path: apiSocket(state), state }
  if (env.SETPOINT_STATE) return [socket]
  const fallback: Endpoint = { kind: 'url', url: new URL(`http://${DEFAULT_LISTEN}`) }
  return existsSync(socket.path) ? [socket, fallback] : [fallback]
}

export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === 'socket' ? `unix:${endpoint.path}` : endpoint.url.origin
}

function parseEndpoint(text: string): Endpoint {
  const socket = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1]
  if (socket) return { kind: 'socket', path: socket }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return { kind: 'url', url }
  throw new SetpointError('USAGE', `SETPOINT_API is "${text}", which is no address.`, {
    hint: 'Set it to http://HOST:PORT, https://HOST or unix:/path/to/api.sock.',
  })
}
