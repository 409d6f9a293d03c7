import { chmod, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { followChanges } from './changes.ts'
import { type HostPort, listenError, parseListen } from './listen.ts'
import type { Service } from './service.ts'
import { removeStaleSocket } from './socket.ts'

export interface ApiOptions {
  service: Service
  /** Bearer token that is asked for over TCP. Without one the API listens on loopback only. */
  token?: string
  /** `HOST:PORT`; port 0 takes a free one. */
  listen: string
  /** Path of the unix socket (`apiSocket(state)`): mode 0600, no token asked. */
  socket: string
  log: FastifyBaseLogger
}

export interface Api {
  /** `http://HOST:PORT` */
  address: string
  close(): Promise<void>
}

/**
 * Serves the API over TCP and on a unix socket.
 * @throws SetpointError USAGE when `listen` makes no sense or needs a token, PORT_IN_USE, ALREADY_RUNNING
 */
export async function createApi({ service, token, listen, socket, log }: ApiOptions): Promise<Api> {
  const place = parseListen(listen, token)
  const changes = followChanges(service)
  let address = ''
  const shared = { service, changes, log, address: () => address }
  const tcp = buildApp({ ...shared, guard: token ? { kind: 'token', token } : { kind: 'loopback' } })
  const local = buildApp({ ...shared, guard: { kind: 'none' } })

  const close = async () => {
    changes.close()
    await Promise.all([tcp.close(), local.close()])
  }
  try {
    address = await listenTcp(tcp, place)
    await listenSocket(local, socket)
  } catch (error) {
    await close()
    throw error
  }
  return { address, close }
}

async function listenTcp(app: FastifyInstance, place: HostPort): Promise<string> {
  try {
    await app.listen(place)
  } catch (error) {
    throw listenError(error, place)
  }
  const { port } = app.server.address() as { port: number }
  return `http://${place.host.includes(':') ? `[${place.host}]` : place.host}:${port}`
}

async function listenSocket(app: FastifyInstance, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await removeStaleSocket(path)
  await app.listen({ path })
  await chmod(path, 0o600)
}
