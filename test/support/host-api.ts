import { request } from 'node:http'
import type { StatusDocument } from '../../schemas/status.ts'

interface Reply {
  status: number
  tag: string | undefined
  body: string
}

/** What one request over the API's unix socket gets. */
export function ask(socket: string, path: string, tag?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = tag === undefined ? {} : { 'if-none-match': tag }
    const sent = request({ socketPath: socket, path, headers, timeout: 65_000 }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text) => {
        body += text
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, tag: response.headers.etag, body }),
      )
    })
    sent.on('timeout', () => sent.destroy(new Error(`${path} did not answer`)))
    sent.on('error', reject)
    sent.end()
  })
}

/** The status now. */
export async function readStatus(socket: string): Promise<StatusDocument> {
  return JSON.parse((await ask(socket, '/v1/status')).body)
}

/** Waits, woken by each change, until `predicate` holds of the status, and gives that status. */
export async function untilStatus(
  socket: string,
  predicate: (status: StatusDocument) => boolean,
  deadline: number,
): Promise<StatusDocument> {
  const end = Date.now() + deadline
  let last: StatusDocument | undefined
  let tag: string | undefined
  while (Date.now() < end) {
    const patience = Math.max(0, Math.min(end - Date.now(), 30_000))
    const path = tag === undefined ? '/v1/status' : `/v1/status/changes?timeout=${patience}`
    const reply = await ask(socket, path, tag).catch(() => undefined)
    if (reply === undefined || reply.status !== 200) {
      tag = undefined // the controller is away: it may be the very thing that is tested
      await new Promise((resolve) => setTimeout(resolve, 100))
      continue
    }
    tag = reply.tag
    last = JSON.parse(reply.body) as StatusDocument
    if (predicate(last)) return last
  }
  throw new Error(`not within ${deadline} ms: ${predicate}\nlast status: ${JSON.stringify(last, null, 1)}`)
}
