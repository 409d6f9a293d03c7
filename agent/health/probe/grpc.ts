import { once } from 'node:events'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import type { NetworkProbe } from '../../../schemas/healthcheck.ts'
import type { ExecResult } from '../../runtime/runtime.ts'
import { answer, inTime } from './answer.ts'
import { checkRequest, servingStatus } from './grpc-message.ts'
import type { Asked } from './probe.ts'

type GrpcProbe = Extract<NetworkProbe, { type: 'grpc' }>

const METHOD = '/grpc.health.v1.Health/Check'
/** The answer is some bytes; whoever sends more does not speak this protocol. */
const MAX_ANSWER = 4096

/** The gRPC health checking protocol (grpc.health.v1, Check) over HTTP/2 in clear. */
export function probeGrpc({ port, service }: GrpcProbe, { address, timeout }: Asked): Promise<ExecResult> {
  return inTime(timeout, async (signal) => {
    const { connect } = await import('node:http2')
    const session = connect(`http://${address.includes(':') ? `[${address}]` : address}:${port}`)
    const broken = failure(session)
    try {
      return await Promise.race([check(session, { service, signal }), broken])
    } finally {
      session.destroy()
    }
  })
}

function failure(session: ClientHttp2Session): Promise<never> {
  const failed = new Promise<never>((_, reject) => session.on('error', reject))
  failed.catch(() => {}) // after the answer nobody waits for it
  return failed
}

async function check(
  session: ClientHttp2Session,
  { service, signal }: { service: string; signal: AbortSignal },
): Promise<ExecResult> {
  const stream = session.request({
    ':method': 'POST',
    ':path': METHOD,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'setpoint-healthcheck',
  })
  stream.on('error', () => {}) // `once` below tells of it
  const trailers: IncomingHttpHeaders = {}
  for (const event of ['response', 'trailers'] as const) {
    stream.on(event, (headers: IncomingHttpHeaders) => Object.assign(trailers, headers))
  }
  stream.end(checkRequest(service))
  const body = await readAll(stream, signal)
  return verdict(trailers, body)
}

async function readAll(stream: ClientHttp2Stream, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MAX_ANSWER) stream.destroy(new Error('the answer is too long for a health check'))
    else chunks.push(chunk)
  })
  await once(stream, 'close', { signal })
  return Buffer.concat(chunks)
}

function verdict(headers: IncomingHttpHeaders, body: Buffer): ExecResult {
  const code = headers['grpc-status']
  if (code !== '0') {
    const message = headers['grpc-message']
    const said =
      code === undefined ? `HTTP ${headers[':status'] ?? 'without status'}, no gRPC` : `gRPC status ${code}`
    return answer(false, message === undefined ? said : `${said}: ${String(message)}`)
  }
  const status = servingStatus(body)
  return answer(status === 'SERVING', status)
}
