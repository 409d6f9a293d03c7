import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Api, type ApiOptions, createApi } from '../../../controller/api/server.ts'
import { fakeService } from './fake-service.ts'

let folder: string
const open: Api[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-api-'))
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()))
  await rm(folder, { recursive: true })
})

async function start(changes: Partial<ApiOptions> = {}): Promise<Api> {
  const api = await createApi({
    service: fakeService(),
    listen: '127.0.0.1:0',
    socket: join(folder, 'api.sock'),
    log: pino({ level: 'silent' }),
    ...changes,
  })
  open.push(api)
  return api
}

interface Asked {
  address?: string
  path?: string
  method?: string
  headers?: Record<string, string>
}

/** The HTTP status; over the unix socket when no address is given. */
function ask({ address, path = '/v1/status', method = 'GET', headers = {} }: Asked): Promise<number> {
  const place = address ? new URL(address) : { socketPath: join(folder, 'api.sock') }
  const host = 'hostname' in place ? { host: place.hostname, port: place.port } : place
  return new Promise((resolve, reject) => {
    request({ ...host, path, method, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

describe('two listeners', () => {
  it('serves the same routes over TCP and on a socket that only its owner may use', async () => {
    const { address } = await start()
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
    expect(await ask({ address })).toBe(200)
    expect(await ask({})).toBe(200)
    expect((await stat(join(folder, 'api.sock'))).mode & 0o777).toBe(0o600)
  })

  it('takes over a socket file that nobody listens on, and no other file', async () => {
    await leaveStaleSocket(join(folder, 'api.sock'))
    await start()
    expect(await ask({})).toBe(200)
    await writeFile(join(folder, 'file'), 'precious')
    await expect(start({ socket: join(folder, 'file') })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('refuses a socket on which another controller answers', async () => {
    await start()
    await expect(start()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
    expect(await ask({})).toBe(200)
  })

  it('says who is in the way when the port is taken', async () => {
    const { address } = await start()
    const port = new URL(address).port
    await expect(
      start({ listen: `127.0.0.1:${port}`, socket: join(folder, 'b.sock') }),
    ).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `The API cannot listen on 127.0.0.1:${port}: another process does.`,
      hint: expect.stringContaining('--listen'),
    })
  })

  it('lets a client go that waits in a long poll when it closes', async () => {
    const api = await start()
    const poll = ask({ address: api.address, path: '/v1/status/changes' }).catch(() => 'cut')
    await api.close()
    expect([200, 503, 'cut']).toContain(await poll)
  })
})

describe('who may come', () => {
  it('does not listen for others without a token', async () => {
    await expect(start({ listen: '0.0.0.0:0' })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(start({ listen: 'nonsense' })).rejects.toMatchObject({ code: 'USAGE' })
    const { address } = await start({ listen: '0.0.0.0:0', token: 'secret' })
    expect(await ask({ address: address.replace('0.0.0.0', '127.0.0.1') })).toBe(401)
  })

  it('asks for the token over TCP, with the same answer for paths that exist and that do not', async () => {
    const { address } = await start({ token: 'secret' })
    const authorization = 'Bearer secret'
    expect(await ask({ address, headers: { authorization } })).toBe(200)
    expect(await ask({ address, headers: { authorization: 'Bearer wrong' } })).toBe(401)
    expect(await ask({ address })).toBe(401)
    expect(await ask({ address, path: '/v1/nothing' })).toBe(401)
    expect(await ask({ address, path: '/v1/stacks/nope/history' })).toBe(401)
    expect(await ask({ address, path: '/healthz' })).toBe(200)
    expect(await ask({})).toBe(200)
  })

  it('answers only to a loopback name when it has no token', async () => {
    const { address } = await start()
    const port = new URL(address).port
    expect(await ask({ address, headers: { host: `localhost:${port}` } })).toBe(200)
    expect(await ask({ address, headers: { host: `[::1]:${port}` } })).toBe(200)
    expect(await ask({ address, headers: { host: `evil.example:${port}` } })).toBe(401)
    expect(await ask({ address, headers: { host: `127.0.0.1.evil.example` } })).toBe(401)
  })

  it('takes nothing from the pages of another site', async () => {
    const { address } = await start()
    const post = { address, path: '/v1/sync', method: 'POST' }
    expect(await ask({ ...post, headers: { origin: 'https://evil.example' } })).toBe(401)
    expect(await ask({ ...post, headers: { origin: 'null' } })).toBe(401)
    expect(await ask({ ...post, headers: { origin: address } })).toBe(200)
  })
})

/** A listening socket whose file is still there after it has been closed by a crash. */
async function leaveStaleSocket(path: string): Promise<void> {
  const { spawnSync } = await import('node:child_process')
  const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', code])
  expect((await stat(path)).isSocket()).toBe(true)
  await new Promise<void>((resolve, reject) => {
    const probe = createServer().once('error', () => resolve())
    probe.listen(path, () => reject(new Error('the socket file is gone')))
  })
}
