import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { NetworkProbe } from '../../../schemas/healthcheck.ts'
import type { ExecResult } from '../../runtime/runtime.ts'
import { answer, inTime } from './answer.ts'
import type { Asked } from './probe.ts'

type HttpProbe = Extract<NetworkProbe, { type: 'http' }>

/** So many bytes of what an unwell task answers are kept. */
const KEPT_BODY = 2048

/**
 * GET of the path on a connection of its own. Redirects are not followed. As the probes of a kubelet, https does not
 * check the certificate: it is asked whether the task answers, not who it is.
 */
export function probeHttp(probe: HttpProbe, { address, timeout }: Asked): Promise<ExecResult> {
  return inTime(timeout, async (signal) => {
    const request = await open(probe, { address, signal })
    try {
      const [response] = (await once(request, 'response', { signal })) as [IncomingMessage]
      const status = response.statusCode ?? 0
      const said = `HTTP ${status} ${response.statusMessage ?? ''}`.trim()
      const { from, to } = probe.status
      if (status >= from && status <= to) return answer(true, said)
      return answer(false, `${said}\n${await beginning(response)}`.trim())
    } finally {
      request.destroy()
    }
  })
}

/** Loaded by the first probe: an agent without one does without them. */
async function open(
  { scheme, port, path }: HttpProbe,
  { address, signal }: { address: string; signal: AbortSignal },
): Promise<ClientRequest> {
  const { request } = scheme === 'https' ? await import('node:https') : await import('node:http')
  const options = { host: address, port, path, signal, agent: false, rejectUnauthorized: false }
  const sent = request({ ...options, headers: { 'user-agent': 'setpoint-healthcheck', connection: 'close' } })
  sent.on('error', () => {}) // whoever waits for the response is told as well; after it nobody waits
  return sent.end()
}

async function beginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= KEPT_BODY) break
  }
  return Buffer.concat(chunks).subarray(0, KEPT_BODY).toString('utf8')
}
