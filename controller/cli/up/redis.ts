import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Layout } from './layout.ts'

/** The command line of the private Redis: no TCP port, everything on disk, nothing ever evicted (BullMQ's condition). */
export function redisArgv({ redisFolder, redisSocket, log }: Layout): string[] {
  return [
    'redis-server',
    ...['--port', '0'],
    ...['--unixsocket', redisSocket],
    ...['--unixsocketperm', '600'],
    ...['--dir', redisFolder],
    ...['--appendonly', 'yes'],
    ...['--save', ''],
    ...['--maxmemory-policy', 'noeviction'],
    ...['--logfile', log('redis')],
    ...['--daemonize', 'no'],
  ]
}

/** Resolves when Redis answers to PING, which it does once it has read its file. */
export async function redisReady(socket: string, signal: AbortSignal): Promise<void> {
  while (!(await pings(socket))) {
    signal.throwIfAborted()
    await pause(20)
  }
}

function pings(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const done = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(1_000, () => done(false))
    socket.once('error', () => done(false))
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (data) => done(data.toString().startsWith('+PONG')))
  })
}
