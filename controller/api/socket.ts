import { createHash } from 'node:crypto'
import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'

/** The longest path that a unix socket can have (unix(7): sun_path has 108 bytes with the final zero). */
const MAX_SOCKET_PATH = 107

/** `<state>/api.sock`: where the API of this state folder listens. */
export function apiSocket(state: string): string {
  return socketPath(state, 'api.sock')
}

/** `<state>/<name>`, or `/run/setpoint/<hash of state>/<last part of name>` where that would be too long. */
export function socketPath(state: string, name: string): string {
  const root = resolve(state)
  const path = join(root, name)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  const instance = createHash('sha256').update(root).digest('hex').slice(0, 8)
  return join('/run/setpoint', instance, name.split('/').at(-1) ?? name)
}

/**
 * Removes the socket file that a killed process has left.
 * @throws SetpointError ALREADY_RUNNING when somebody still answers there, USAGE when it is something else than a socket
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) {
    throw new SetpointError('USAGE', `${path} is in the way of the API's socket and is no socket.`, {
      hint: 'Move it away.',
    })
  }
  if (await answers(path)) {
    throw new SetpointError('ALREADY_RUNNING', `Another controller listens on ${path}.`, {
      hint: 'Stop it first, or use another state folder with --state.',
    })
  }
  await unlink(path)
}

/** True when a process listens on the socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const done = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(1_000, () => done(true))
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
