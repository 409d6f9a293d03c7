import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { errorFacts } from '../../schemas/error.ts'

/** Milliseconds after which an empty line shows that the connection lives. */
const QUIET = 15_000

/** Sends items as lines of JSON (NDJSON), as fast as they are taken; an error that ends them is the last line. */
export async function sendLines(
  response: ServerResponse,
  items: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  const quiet = setInterval(() => void response.write('\n'), QUIET)
  try {
    for await (const item of items) {
      if (signal.aborted) return
      const hasRoom = response.write(`${JSON.stringify(item)}\n`)
      if (!hasRoom) await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
  } catch (error) {
    response.write(`${JSON.stringify({ error: errorFacts(error, 'INTERNAL') })}\n`)
  } finally {
    clearInterval(quiet)
    response.end()
  }
}
