import type { IncomingMessage, RequestOptions } from 'node:http'
import { createInterface } from 'node:readline'
import { type ErrorFacts, errorFrom, SetpointError } from '../../../schemas/error.ts'
import { describeEndpoint, type Endpoint } from './endpoint.ts'
import { requestOf, target } from './http.ts'

export interface LinesCall {
  /** The path and its query, percent-encoded. */
  path: string
  headers: Record<string, string>
  /** Ends it. */
  signal?: AbortSignal | undefined
}

export interface Lines {
  status: number
  /** The whole body, when the status is an error's. */
  text: string
  items: AsyncGenerator<unknown>
}

/** Milliseconds until the answer begins, and between two lines: the API sends an empty one when there is nothing to tell. */
const SILENCE = 45_000
const MAX_ERROR = 1024 * 1024

/**
 * A request that is answered line by line (NDJSON).
 * @throws what Node throws when nobody answers; while lines come SetpointError: what the API says, SESSION_LOST
 */
export async function openLines(endpoint: Endpoint, { path, headers, signal }: LinesCall): Promise<Lines> {
  const options: RequestOptions = {
    ...target(endpoint, path),
    headers,
    agent: false,
    timeout: SILENCE,
    ...(signal && { signal }),
  }
  const start = await requestOf(endpoint)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = start(options, resolve)
    request.on('timeout', () => request.destroy(silent(endpoint)))
    request.on('error', reject)
    request.end()
  })
  response.on('error', () => {}) // who reads it is told; after that nobody is left to tell
  const status = response.statusCode ?? 0
  if (status >= 400) return { status, text: await read(response), items: none() }
  return { status, text: '', items: itemsOf(response, { endpoint, signal }) }
}

async function* itemsOf(
  response: IncomingMessage,
  { endpoint, signal }: { endpoint: Endpoint; signal: AbortSignal | undefined },
): AsyncGenerator<unknown> {
  try {
    for await (const line of createInterface({ input: response })) {
      if (line === '') continue
      const item = JSON.parse(line) as { error?: ErrorFacts }
      if (item.error !== undefined) throw errorFrom(item.error)
      yield item
    }
  } catch (error) {
    // the last line of an answer that is cut short may be half of one
    if (error instanceof SetpointError || response.complete) throw error
    if (!signal?.aborted) throw broken(endpoint, error)
  }
  if (!signal?.aborted && !response.complete) throw broken(endpoint)
}

async function* none(): AsyncGenerator<unknown> {}

async function read(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) text = (text + chunk).slice(0, MAX_ERROR)
  return text
}

function silent(endpoint: Endpoint): SetpointError {
  return new SetpointError('SESSION_LOST', `${describeEndpoint(endpoint)} says nothing more.`)
}

function broken(endpoint: Endpoint, cause?: unknown): SetpointError {
  return new SetpointError('SESSION_LOST', `The answer of ${describeEndpoint(endpoint)} broke off.`, {
    hint: 'Was the controller stopped? Try again.',
    cause,
  })
}
