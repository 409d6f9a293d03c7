import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestHost } from '../support/host.ts'

/** A small UDP client on a test host. */
export interface Asker {
  /** The IPv4 addresses that a name server has for a name, sorted; undefined when it does not answer. */
  addresses(server: string, name: string): Promise<string[] | undefined>
  /** True when a port sends back what it is sent. */
  echoes(address: string, port: number): Promise<boolean>
  pid: number | undefined
  close(): void
}

interface Answer {
  id: number
  /** base64 */
  packet?: string
}

const TYPE_A = 1

export function startAsker(host: TestHost): Asker {
  const [file = '', ...args] = host.enter([process.execPath, join(import.meta.dirname, 'ask-on-host.ts')])
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<number, (packet: Buffer | undefined) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, packet } = JSON.parse(line) as Answer
    waiting.get(id)?.(packet === undefined ? undefined : Buffer.from(packet, 'base64'))
    waiting.delete(id)
  })
  let last = 0
  const ask = (address: string, port: number, packet: Buffer): Promise<Buffer | undefined> =>
    new Promise((resolve) => {
      const id = ++last
      waiting.set(id, resolve)
      child.stdin.write(`${JSON.stringify({ id, address, port, packet: packet.toString('base64') })}\n`)
    })
  return {
    async addresses(server, name) {
      const answer = await ask(server, 53, question(name))
      return answer && addressesIn(answer)
    },
    async echoes(address, port) {
      const sent = Buffer.from('are you there?')
      return (await ask(address, port, sent))?.equals(sent) ?? false
    },
    pid: child.pid,
    close: () => void child.kill('SIGKILL'),
  }
}

/** RFC 1035, section 4: a header with one question that may be asked on behalf of us. */
function question(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, TYPE_A, 0, 1])])
}

function addressesIn(answer: Buffer): string[] {
  const found: string[] = []
  let at = afterName(answer, 12) + 4
  for (let left = answer.readUInt16BE(6); left > 0; left--) {
    at = afterName(answer, at)
    const [type, length] = [answer.readUInt16BE(at), answer.readUInt16BE(at + 8)]
    if (type === TYPE_A && length === 4) found.push([...answer.subarray(at + 10, at + 14)].join('.'))
    at += 10 + length
  }
  return found.sort()
}

/** Where a name ends: at an empty label, or at a pointer to another place. */
function afterName(packet: Buffer, from: number): number {
  let at = from
  for (;;) {
    const length = packet[at] ?? 0
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
}
