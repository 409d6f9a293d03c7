import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createApi } from '../../../controller/api/server.ts'
import { connectApi } from '../../../controller/cli/client/client.ts'
import type { Context } from '../../../controller/cli/context.ts'
import { type FakeService, fakeService } from '../api/fake-service.ts'

export interface TestApi {
  service: FakeService
  state: string
  address: string
  context: TestContext
  close(): Promise<void>
}

export interface TestContext extends Context {
  stdout: string[]
  stderr: string[]
}

/** A real API, over TCP and on the socket of a state folder, with a fake controller behind it. */
export async function startApi(token?: string): Promise<TestApi> {
  const state = await mkdtemp(join(tmpdir(), 'setpoint-cli-'))
  const service = fakeService()
  const api = await createApi({
    service,
    listen: '127.0.0.1:0',
    socket: join(state, 'api.sock'),
    log: pino({ level: 'silent' }),
    ...(token === undefined ? {} : { token }),
  })
  return {
    service,
    state,
    address: api.address,
    context: testContext({ SETPOINT_STATE: state }),
    close: async () => {
      await api.close()
      await rm(state, { recursive: true })
    },
  }
}

export function testContext(env: NodeJS.ProcessEnv): TestContext {
  const stdout: string[] = []
  const stderr: string[] = []
  return {
    env,
    stdout,
    stderr,
    out: (line) => stdout.push(line),
    err: (line) => stderr.push(line),
    colour: false,
    terminal: true,
    now: () => new Date('2026-01-01T10:00:00.000Z'),
    client: () => connectApi(env),
  }
}
