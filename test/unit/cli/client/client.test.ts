import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { connectApi } from '../../../../controller/cli/client/client.ts'
import { endpoints } from '../../../../controller/cli/client/endpoint.ts'
import { startApi } from '../api-at.ts'

const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step()
})

describe('where the API is', () => {
  it('is what SETPOINT_API says', () => {
    expect(endpoints({ SETPOINT_API: 'unix:/run/api.sock' })).toEqual([
      { kind: 'socket', path: '/run/api.sock' },
    ])
    expect(endpoints({ SETPOINT_API: 'unix:///run/api.sock' })).toEqual([
      { kind: 'socket', path: '/run/api.sock' },
    ])
    expect(endpoints({ SETPOINT_API: 'https://setpoint.example' })).toMatchObject([{ kind: 'url' }])
    for (const wrong of ['nonsense', 'ftp://host', 'unix:relative.sock']) {
      expect(() => endpoints({ SETPOINT_API: wrong })).toThrow(/SETPOINT_API is/)
    }
  })

  it('is the socket of a state folder that is named, and nothing else: another fleet may have the default port', async () => {
    const state = await mkdtemp(join(tmpdir(), 'setpoint-cli-'))
    cleanUp.push(() => rm(state, { recursive: true }))
    const socket = { kind: 'socket', path: join(state, 'api.sock'), state }
    expect(endpoints({ SETPOINT_STATE: state })).toEqual([socket])
    await expect(connectApi({ SETPOINT_STATE: state }).status()).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      message: `No setpoint runs on the state folder ${state}.`,
      hint: expect.stringContaining(`setpoint up --source PATH --state ${state}\``),
    })
  })

  it('is the default port when nothing is named', () => {
    expect(endpoints({}).at(-1)).toEqual({ kind: 'url', url: new URL('http://127.0.0.1:7070') })
  })
})

describe('a client', () => {
  it('sends the token', async () => {
    const api = await startApi('secret')
    cleanUp.push(api.close)
    const client = (token?: string) =>
      connectApi({ SETPOINT_API: api.address, ...(token ? { SETPOINT_TOKEN: token } : {}) })
    expect((await client('secret').status()).document.stacks).toHaveLength(1)
    await expect(client('wrong').status()).rejects.toMatchObject({ code: 'API_DENIED' })
    await expect(client().status()).rejects.toMatchObject({ code: 'API_DENIED' })
  })

  it('says so when something else answers', async () => {
    const address = await answering((response) => response.writeHead(404).end('<h1>not found</h1>'))
    await expect(connectApi({ SETPOINT_API: address }).status()).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      message: `What answers at ${address} is not the API of Setpoint (HTTP 404).`,
    })
    const page = await answering((response) => response.end('<h1>hello</h1>'))
    await expect(connectApi({ SETPOINT_API: page }).version()).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
    })
  })
})

async function answering(
  answer: (response: Parameters<NonNullable<Parameters<typeof createServer>[1]>>[1]) => void,
) {
  const server: Server = createServer((_request, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => new Promise((resolve) => server.close(resolve)))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}
