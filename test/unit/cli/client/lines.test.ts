import { createServer, type Server, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { Endpoint } from '../../../../controller/cli/client/endpoint.ts'
import { openLines } from '../../../../controller/cli/client/lines.ts'

let server: Server | undefined
afterEach(() => new Promise((resolve) => server?.close(resolve)))

/** An API that answers so, line by line. */
async function answering(answer: (response: ServerResponse) => void): Promise<Endpoint> {
  const listening = createServer((_request, response) => answer(response))
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as { port: number }
  return { kind: 'url', url: new URL(`http://127.0.0.1:${port}`) }
}

/** What came, with the error at its end if there is one. */
async function all(endpoint: Endpoint): Promise<unknown[]> {
  const { items } = await openLines(endpoint, { path: '/v1/logs', headers: {} })
  const seen: unknown[] = []
  try {
    for await (const item of items) seen.push(item)
  } catch (error) {
    seen.push(error)
  }
  return seen
}

describe('an answer line by line', () => {
  it('is its lines, without the empty ones that keep it alive', async () => {
    const endpoint = await answering((response) => response.end('{"a":1}\n\n{"a":2}\n'))
    expect(await all(endpoint)).toEqual([{ a: 1 }, { a: 2 }])
  })

  it.each([
    ['between two lines', '{"a":1}\n'],
    ['in the middle of one', '{"a":1}\n{"a":'],
  ])('says so when the controller ends %s', async (_, text) => {
    const endpoint = await answering((response) =>
      response.write(text, () => setImmediate(() => response.destroy())),
    )
    const [first, error, ...rest] = await all(endpoint)
    expect([first, rest]).toEqual([{ a: 1 }, []])
    expect(error).toMatchObject({
      code: 'SESSION_LOST',
      message: expect.stringMatching(/^The answer of http:\/\/127\.0\.0\.1:\d+ broke off\.$/),
      hint: 'Was the controller stopped? Try again.',
    })
  })

  it('ends without an error when it is told to end', async () => {
    const stop = new AbortController()
    const endpoint = await answering((response) => response.write('{"a":1}\n'))
    const { items } = await openLines(endpoint, { path: '/v1/logs', headers: {}, signal: stop.signal })
    expect(await items.next()).toEqual({ done: false, value: { a: 1 } })
    stop.abort()
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  it('says what the API says', async () => {
    const facts = { code: 'STACK_NOT_FOUND', message: 'There is no stack nope.' }
    const endpoint = await answering((response) => response.end(`${JSON.stringify({ error: facts })}\n`))
    expect(await all(endpoint)).toMatchObject([facts])
  })
})
