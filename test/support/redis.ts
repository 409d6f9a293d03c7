import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach } from 'vitest'

export interface TestRedis {
  /** `unix:///…` */
  url: string
  /** For looking and meddling; reconnects by itself after a restart. */
  client: Redis
  flush(): Promise<void>
  /** Freezes the server (SIGSTOP): it accepts connections and answers nothing. */
  pause(): void
  resume(): void
  /** Kills the server (SIGKILL): all data is lost, connections break. */
  kill(): Promise<void>
  /** Starts an empty server on the same socket after `kill`. */
  restart(): Promise<void>
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

/** One for all tests of a file, empty before each. */
export function useRedis(): TestRedis {
  let server: TestRedis
  beforeAll(async () => {
    server = await startRedis()
  })
  beforeEach(() => server.flush())
  afterAll(() => server.stop())
  return {
    get url() {
      return server.url
    },
    get client() {
      return server.client
    },
    flush: () => server.flush(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: () => server.stop(),
  }
}

/** A private redis-server on a unix socket in a temp folder, without persistence. */
export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const socket = join(folder, 's')
  let server = serve(folder, socket)
  const client = new Redis({
    path: socket,
    retryStrategy: () => 10,
    maxRetriesPerRequest: null,
  })
  client.on('error', () => {}) // ENOENT until the server listens, and while a test keeps it down
  await answers()
  return {
    url: `unix://${socket}`,
    client,
    flush: async () => void (await client.flushall()),
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    kill: () => end(server),
    restart: async () => {
      await end(server)
      server = serve(folder, socket)
      await answers()
    },
    stop: async () => {
      client.disconnect()
      await end(server)
      await rm(folder, { recursive: true, force: true })
    },
  }

  async function answers(): Promise<void> {
    const ended = once(server, 'exit').then(([code, signal]) => {
      throw new Error(`redis-server ended with ${code ?? signal}`)
    })
    ended.catch(() => {})
    await Promise.race([client.ping(), ended])
  }
}

function serve(folder: string, socket: string): ChildProcess {
  const options = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'no']
  return spawn('redis-server', options, { stdio: 'ignore' })
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
}
