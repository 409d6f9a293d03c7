import type { IncomingMessage, RequestOptions } from 'node:http'
import { SetpointError } from '../../../schemas/error.ts'
import { describeEndpoint, type Endpoint } from './endpoint.ts'

export interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  /** The path and its query, percent-encoded. */
  path: string
  body?: unknown
  headers?: Record<string, string>
  /** Milliseconds for the whole of it. */
  deadline: number
}

export interface Answer {
  status: number
  tag: string | undefined
  text: string
}

/** The largest answer that is read, in bytes. */
const MAX_ANSWER = 256 * 1024 * 1024

/**
 * One HTTP request, over TCP or a unix socket (which `fetch` cannot).
 * @throws SetpointError DEADLINE_PASSED; and what Node throws when nobody answers (ECONNREFUSED, ENOENT, …)
 */
export async function send(endpoint: Endpoint, call: Call): Promise<Answer> {
  const signal = AbortSignal.timeout(call.deadline)
  try {
    return await exchange(endpoint, call, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    throw new SetpointError(
      'DEADLINE_PASSED',
      `${describeEndpoint(endpoint)} did not answer in ${call.deadline / 1000} s.`,
    )
  }
}

async function exchange(endpoint: Endpoint, call: Call, signal: AbortSignal): Promise<Answer> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body)
  const options: RequestOptions = {
    ...target(endpoint, call.path),
    method: call.method,
    headers: { ...call.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    agent: false,
    signal,
  }
  const start = await requestOf(endpoint)
  return new Promise((resolve, reject) => {
    const request = start(options, (response) => read(response).then(resolve, reject))
    request.on('error', reject)
    request.end(body)
  })
}

/** Loaded only where it is needed: Node takes some 30 ms for it, which a command without the API need not wait for. */
export async function requestOf(endpoint: Endpoint): Promise<typeof import('node:http').request> {
  const isSecure = endpoint.kind === 'url' && endpoint.url.protocol === 'https:'
  const { request } = isSecure ? await import('node:https') : await import('node:http')
  return request
}

/** Where a request goes. */
export function target(endpoint: Endpoint, path: string): RequestOptions {
  if (endpoint.kind === 'socket') return { socketPath: endpoint.path, path }
  const { hostname, port, pathname } = endpoint.url
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, path: `${pathname.replace(/\/$/, '')}${path}`, ...(port === '' ? {} : { port }) }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += chunk.length
    if (size > MAX_ANSWER) throw new Error(`the answer is larger than ${MAX_ANSWER} bytes`)
    chunks.push(chunk)
  }
  return {
    status: response.statusCode ?? 0,
    tag: response.headers.etag,
    text: Buffer.concat(chunks).toString(),
  }
}
