import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { connectApi } from '../../../controller/cli/client.ts'
import { endpoints } from '../../../controller/cli/endpoint.ts'
import { startApi } from './api-at.ts'

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

  it('is the socket in the state folder if it is there, and the default port after that', async () => {
    const state = await mkdtemp(join(tmpdir(), 'setpoint-cli-'))
    cleanUp.push(() => rm(state, { recursive: true }))
    expect(endpoints({ SETPOINT_STATE: state }).map(({ kind }) => kind)).toEqual(['url'])
    await writeFile(join(state, 'api.sock'), '')
    expect(endpoints({ SETPOINT_STATE: state })).toMatchObject([
      { kind: 'socket', path: join(state, 'api.sock') },
      { kind: 'url', url: new URL('http://127.0.0.1:7070') },
    ])
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
      message: `what answers at ${address} is not the API of Setpoint (HTTP 404)`,
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
