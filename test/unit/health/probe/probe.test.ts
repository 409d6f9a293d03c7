import { describe, expect, it } from 'vitest'
import { createProbe } from '../../../../agent/health/probe/probe.ts'
import type { Healthcheck, NetworkProbe } from '../../../../schemas/healthcheck.ts'
import { closedPort, grpcServer, httpServer, silentServer } from './servers.ts'

const TIMES = { interval: 1_000, timeout: 5_000, retries: 1, startPeriod: 0, startInterval: 1_000 }
const SOON = { ...TIMES, timeout: 50 }

const probe = createProbe({
  exec: async (id, argv, { timeout }) => ({
    exitCode: 0,
    output: `${id} ${argv.join(' ')} ${timeout}`,
    timedOut: false,
  }),
})

function ask(probed: NetworkProbe, times = TIMES) {
  return probe({ id: 't', address: '127.0.0.1', healthcheck: { probe: probed, ...times } })
}

function http(port: number, changes: Partial<Extract<NetworkProbe, { type: 'http' }>> = {}): NetworkProbe {
  return { type: 'http', scheme: 'http', port, path: '/', status: { from: 200, to: 399 }, ...changes }
}

const frame = (...bytes: number[]) => Buffer.from([0, 0, 0, 0, bytes.length, ...bytes])
const SERVING = frame(0x08, 1)
const NOT_SERVING = frame(0x08, 2)

it('a command runs in the container, with the timeout of the healthcheck', async () => {
  const healthcheck: Healthcheck = { test: ['/bin/check', '-f'], ...TIMES }
  expect(await probe({ id: 't', address: undefined, healthcheck })).toMatchObject({
    output: 't /bin/check -f 5000',
  })
})

it('a task without an address fails what is asked over the network', async () => {
  const healthcheck: Healthcheck = { probe: { type: 'tcp', port: 1 }, ...TIMES }
  const { exitCode, output } = await probe({ id: 't', address: undefined, healthcheck })
  expect({ exitCode, output }).toEqual({
    exitCode: 1,
    output: 'The task has no address that the host could ask.',
  })
})

describe('http', () => {
  it.each<[status: number, range: [number, number], exitCode: number]>([
    [200, [200, 399], 0],
    [302, [200, 399], 0],
    [404, [200, 399], 1],
    [503, [200, 399], 1],
    [401, [401, 401], 0],
    [200, [401, 401], 1],
  ])('status %i of wanted %j', async (status, [from, to], exitCode) => {
    const port = await httpServer((_, response) => response.writeHead(status, { location: '/' }).end('body'))
    const result = await ask(http(port, { status: { from, to } }))
    expect(result).toMatchObject({ exitCode, timedOut: false })
    expect(result.output).toContain(`HTTP ${status}`)
  })

  it('asks for the path with a GET that says who it is, and keeps the beginning of a bad answer', async () => {
    const asked: string[] = []
    const port = await httpServer(({ method, url, headers }, response) => {
      asked.push(`${method} ${url} ${headers['user-agent']}`)
      response.writeHead(500).end(`database away ${'x'.repeat(10_000)}`)
    })
    const { output } = await ask(http(port, { path: '/healthz?deep=1' }))
    expect(asked).toEqual(['GET /healthz?deep=1 setpoint-healthcheck'])
    expect(output).toMatch(/^HTTP 500 Internal Server Error\ndatabase away x+$/)
    expect(output.length).toBeLessThan(3_000)
  })

  it('fails when nobody listens, and when nobody answers in time', async () => {
    const refused = await ask(http(await closedPort()))
    expect(refused).toMatchObject({ exitCode: 1, timedOut: false })
    expect(refused.output).toContain('ECONNREFUSED')
    expect(await ask(http(await silentServer()), SOON)).toEqual({ exitCode: 1, output: '', timedOut: true })
  })
})

describe('tcp', () => {
  it('is content with a connection', async () => {
    expect(await ask({ type: 'tcp', port: await silentServer() })).toMatchObject({ exitCode: 0 })
  })

  it('fails when nobody listens', async () => {
    const { exitCode, output } = await ask({ type: 'tcp', port: await closedPort() })
    expect(exitCode).toBe(1)
    expect(output).toContain('ECONNREFUSED')
  })
})

describe('grpc', () => {
  it('asks for the service by the health checking protocol', async () => {
    const asked: string[] = []
    const port = await grpcServer({ message: SERVING }, (path, message) =>
      asked.push(`${path} ${message.toString('hex')}`),
    )
    expect(await ask({ type: 'grpc', port, service: 'a.B' })).toMatchObject({
      exitCode: 0,
      output: 'SERVING',
    })
    expect(asked).toEqual([
      `/grpc.health.v1.Health/Check 00000000050a03${Buffer.from('a.B').toString('hex')}`,
    ])
  })

  it.each([
    ['not serving', { message: NOT_SERVING }, 'NOT_SERVING'],
    ['an empty message, which is status 0', { message: frame() }, 'UNKNOWN'],
    ['another status of the call', { status: '12' }, 'gRPC status 12'],
    ['no message', {}, 'an answer that is no gRPC message'],
    ['another message', { message: frame(0x12, 1) }, 'an answer that is no health check response'],
    ['too much', { message: Buffer.alloc(10_000) }, 'too long'],
  ])('%s is not well', async (_, reply, said) => {
    const port = await grpcServer(reply)
    const { exitCode, output } = await ask({ type: 'grpc', port, service: '' })
    expect(exitCode).toBe(1)
    expect(output).toContain(said)
  })

  it('fails when nobody listens, when it is no gRPC, and when nobody answers in time', async () => {
    const closed = await ask({ type: 'grpc', port: await closedPort(), service: '' })
    expect(closed.output).toContain('ECONNREFUSED')
    const plain = await ask({ type: 'grpc', port: await httpServer((_, r) => r.end('hi')), service: '' })
    expect(plain).toMatchObject({ exitCode: 1, timedOut: false })
    const silent = await ask({ type: 'grpc', port: await silentServer(), service: '' }, SOON)
    expect(silent).toMatchObject({ exitCode: 1, timedOut: true })
  })
})
