import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { onTestFinished } from 'vitest'

/** Starts a server on a port of its own of the loopback, until the test is over. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

export function httpServer(listener: RequestListener): Promise<number> {
  return listen(createHttp(listener))
}

/** Accepts connections and says nothing. */
export function silentServer(): Promise<number> {
  return listen(createServer((socket) => socket.on('error', () => {})))
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A gRPC server that answers every call with these bytes and this status; `asked` gets each request's message. */
export function grpcServer(
  reply: { message?: Buffer; status?: string },
  asked: (path: string, message: Buffer) => void = () => {},
): Promise<number> {
  const server = createHttp2()
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      asked(String(headers[':path']), Buffer.concat(chunks))
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': reply.status ?? '0' }))
      stream.end(reply.message ?? Buffer.alloc(0))
    })
  })
  return listen(server)
}
