import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'

export interface GitServer {
  /** `http://127.0.0.1:port` */
  url: string
  /** What was asked for since the start: `GET /infra.git/info/refs`. */
  requests: string[]
  /** Answers all requests with this status; null: as usual. */
  answer(status: number | null): void
  close(): Promise<void>
}

/** Serves the repositories of a folder over smart HTTP, to who shows these credentials (`user:password`). */
export async function startGitServer(folder: string, credentials?: string): Promise<GitServer> {
  // Whoever tests behind a proxy still talks to this machine directly.
  vi.stubEnv('no_proxy', '127.0.0.1')
  const requests: string[] = []
  let status: number | null = null
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.replace(/\?.*/, '')}`)
    if (status !== null) return void response.writeHead(status).end('<html>\n<p>hello</p>\n</html>\n')
    if (credentials !== undefined && request.headers.authorization !== basic(credentials)) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    }
    serve(folder, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (next) => {
      status = next
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function serve(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const backend = spawn('/usr/bin/git', ['http-backend'], {
    env: {
      PATH: '/usr/bin:/bin',
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
    },
  })
  const chunks: Buffer[] = []
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  backend.once('close', () => answer(Buffer.concat(chunks), response))
  backend.stdin.on('error', () => {}) // the backend may answer before it has read all
  request.pipe(backend.stdin)
}

function answer(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n')
  const headers = output.toString('latin1', 0, end).split('\r\n')
  const pairs = headers.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])
  const status = pairs.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200'
  response.writeHead(
    Number.parseInt(status, 10),
    Object.fromEntries(pairs.filter(([name]) => name !== 'Status')),
  )
  response.end(output.subarray(end + 4))
}
