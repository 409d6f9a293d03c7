import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { StatusDocument } from '../../schemas/status.ts'
import { ask, readStatus, untilStatus } from '../support/host-api.ts'
import { makeRepository, type Repository } from '../support/host-repository.ts'
import { ROOT } from '../support/imports.ts'

/** Redis and a controller on this machine, for an agent that is on another. */
export interface Controller {
  repository: Repository
  /** What the agents pin. */
  publicKey(): Promise<string>
  start(): Promise<void>
  /** Ends both: nobody answers the agents any more. */
  stop(): Promise<void>
  status(): Promise<StatusDocument>
  until(predicate: (status: StatusDocument) => boolean): Promise<StatusDocument>
}

/** Milliseconds for what an emulated machine does. */
const SLOWLY = 180_000

/** @param port of the loopback, for Redis */
export async function makeController(folder: string, port: number): Promise<Controller> {
  const state = join(folder, 'controller')
  const socket = join(state, 'api.sock')
  const repository = await makeRepository(join(folder, 'repo'))
  await mkdir(state, { recursive: true })
  let running: ChildProcess[] = []
  return {
    repository,
    publicKey: () => readFile(join(state, 'controller', 'controller.pub'), 'utf8'),
    async start() {
      const redis = start([
        'redis-server',
        '--port',
        `${port}`,
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--dir',
        folder,
      ])
      const controller = start([
        ...[
          process.execPath,
          join(ROOT, 'scripts/setpoint.mjs'),
          'controller',
          '--redis',
          `redis://127.0.0.1:${port}`,
        ],
        ...['--state', state, '--listen', '127.0.0.1:0', '--source', repository.path],
      ])
      running = [redis, controller]
      await answering(socket, controller)
    },
    async stop() {
      await Promise.all(running.splice(0).map(end))
    },
    status: () => readStatus(socket),
    until: (predicate) => untilStatus(socket, predicate, SLOWLY),
  }
}

/** A port of the loopback on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('a server has no port')
  return address.port
}

function start([file = '', ...args]: string[]): ChildProcess {
  return spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

async function answering(socket: string, controller: ChildProcess): Promise<void> {
  while (controller.exitCode === null) {
    if (await ask(socket, '/v1/version').catch(() => undefined)) return
    await pause(50)
  }
  throw new Error(`the controller ended with ${controller.exitCode}`)
}
