import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isIpv6 } from '../../schemas/address.ts'
import type { Log } from '../../schemas/log.ts'
import { run } from '../runtime/exec.ts'
import { type Forward, forwardKey, type Traffic } from './forwards.ts'
import { within } from './within.ts'

/**
 * What the kernel remembers of UDP (conntrack): packets of a flow go where its first one went, as long as they keep
 * coming. So flows to tasks that left must be forgotten, and so must those that began before anybody served.
 */
export interface Flows {
  /** Makes flows follow the change; without `conntrack` on the host it says so once and leaves them. */
  follow(before: Traffic, after: Traffic): Promise<void>
}

interface FlowsOptions {
  /** Put before the command; empty in production. */
  prefix: string[]
  /** Where the commands are written for conntrack to read. */
  file: string
  log: Log
}

export function createFlows({ prefix, file, log }: FlowsOptions): Flows {
  let isMissing = false
  return {
    async follow(before, after) {
      const lines = staleFlows(before, after)
      if (lines.length === 0 || isMissing) return
      try {
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, `${lines.join('\n')}\n`)
        const { exitCode, stderr } = await run(within(prefix, ['conntrack', '--load-file', file]), {
          timeout: 10_000,
        })
        if (exitCode !== 0) log.warn({ said: stderr.trim() }, 'UDP flows to tasks that left may go on')
      } catch (error) {
        isMissing = true
        log.warn({ error: String(error) }, 'UDP flows to tasks that left go on until nothing comes any more')
      }
    },
  }
}

/** Lines for `conntrack --load-file`, each of which removes the flows that `after` would lead elsewhere. */
export function staleFlows(before: Traffic, after: Traffic): string[] {
  const [old, now] = [udpOf(before), udpOf(after)]
  const left = [...old].flatMap(([key, forward]) => {
    const kept = new Set(now.get(key)?.to.map(String))
    return forward.to
      .filter((place) => !kept.has(String(place)))
      .map(([address, port]) => {
        return `${portOf(forward)} --reply-src ${address} --reply-port-src ${port}`
      })
  })
  const begun = [...now].filter(([key]) => !old.has(key)).map(([, forward]) => portOf(forward))
  return [...left, ...begun, ...staleOfServices(before, after)]
}

function staleOfServices(before: Traffic, after: Traffic): string[] {
  return before.vips.flatMap(({ address, to }) => {
    const kept = after.vips.find((vip) => vip.address === address)?.to ?? []
    return to
      .filter((task) => !kept.includes(task))
      .map((task) => `${flowsOf(isIpv6(address))} --orig-dst ${address} --reply-src ${task}`)
  })
}

function udpOf({ forwards }: Traffic): Map<string, Forward> {
  const udp = forwards.filter(({ protocol }) => protocol === 'udp')
  return new Map(udp.map((forward) => [`${forward.family} ${forwardKey(forward)}`, forward]))
}

function portOf({ family, hostIp, published }: Forward): string {
  return `${flowsOf(family === 'ip6')}${hostIp ? ` --orig-dst ${hostIp}` : ''} --orig-port-dst ${published}`
}

function flowsOf(isIpv6: boolean): string {
  return isIpv6 ? '-D -f ipv6 -p udp' : '-D -p udp'
}
