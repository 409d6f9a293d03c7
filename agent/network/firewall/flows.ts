import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isIpv6 } from '../../../schemas/address.ts'
import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { type Argv, succeed } from '../../runtime/exec.ts'
import { within } from '../within.ts'
import { type Forward, forwardKey, type Traffic } from './forwards.ts'

/**
 * What the kernel remembers of UDP (conntrack): packets of a flow go where its first one went, as long as they keep
 * coming. So flows to tasks that left must be forgotten, and so must those that began before anybody served.
 */
export interface Flows {
  /**
   * Makes flows follow what is in force now, from where they were made to go last, however long ago that was. Without
   * `conntrack` on the host it says so once and leaves them.
   */
  follow(now: Traffic): Promise<void>
}

interface FlowsOptions {
  /** Put before the command; empty in production. */
  prefix: string[]
  /** Where the commands are written for conntrack to read. */
  file: string
  log: Log
  /** Where flows go at first. */
  traffic: Traffic
}

/** The options of `conntrack` by which a flow is told: where it was sent to, and from where it is answered. */
type Option = '--orig-dst' | '--orig-port-dst' | '--reply-src' | '--reply-port-src'

/** Flows, told by some of their ends. */
export type Told = Partial<Record<Option, string>>

type Protocol = 'ipv4' | 'ipv6'

/** Flows by conntrack(8); a host without it is told of once. */
export function createFlows({ prefix, file, log, traffic }: FlowsOptions): Flows {
  let isMissing = false
  let before = traffic
  const conntrack = (...args: string[]) => {
    const argv: Argv = ['conntrack', ...args]
    return succeed(within(prefix, argv), { timeout: 10_000 })
  }

  /** The kernel goes through its whole table for each command: most times one look is all there is to do. */
  async function forget(protocol: Protocol, stale: Told[]): Promise<void> {
    if (stale.length === 0) return
    const flows = parseFlows(await conntrack('-L', '-p', 'udp', '-f', protocol))
    const found = stale.filter((told) => flows.some((flow) => isTold(flow, told)))
    if (found.length === 0) return
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `${found.map((told) => deletion(protocol, told)).join('\n')}\n`)
    await conntrack('--load-file', file).finally(() => rm(file, { force: true }))
  }

  return {
    async follow(now) {
      if (isMissing) return
      const stale = staleFlows(before, now)
      before = now
      try {
        await forget('ipv4', stale.ipv4)
        await forget('ipv6', stale.ipv6)
      } catch (error) {
        isMissing = (error as { code?: string }).code === 'RUNTIME_MISSING'
        log.warn(
          { problem: messageOf(error) },
          'UDP flows to tasks that left go on until nothing comes any more',
        )
      }
    },
  }
}

/** The flows that `after` would lead elsewhere than they go. */
export function staleFlows(before: Traffic, after: Traffic): Record<Protocol, Told[]> {
  const stale: Record<Protocol, Told[]> = { ipv4: [], ipv6: [] }
  const [old, now] = [udpOf(before), udpOf(after)]
  for (const [key, forward] of old) {
    const kept = new Set(now.get(key)?.to.map(String))
    for (const [address, port] of forward.to.filter((place) => !kept.has(String(place)))) {
      const answered: Told = { '--reply-src': address, '--reply-port-src': String(port) }
      stale[protocolOf(address)].push({ ...sentTo(forward), ...answered })
    }
  }
  for (const [key, forward] of now) {
    if (!old.has(key)) stale[forward.family === 'ip6' ? 'ipv6' : 'ipv4'].push(sentTo(forward))
  }
  for (const { address, to } of before.vips) {
    const kept = after.vips.find((vip) => vip.address === address)?.to ?? []
    for (const task of to.filter((one) => !kept.includes(one))) {
      stale[protocolOf(address)].push({ '--orig-dst': address, '--reply-src': task })
    }
  }
  return stale
}

/** What `conntrack -L` prints, one flow a line: `udp 17 28 src=… dst=… sport=… dport=… src=… dst=… sport=… dport=…`. */
export function parseFlows(text: string): Required<Told>[] {
  return text.split('\n').flatMap((line) => {
    const [sent, answered] = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)]
    if (!sent || !answered) return []
    return [
      {
        '--orig-dst': sent[2] ?? '',
        '--orig-port-dst': sent[4] ?? '',
        '--reply-src': answered[1] ?? '',
        '--reply-port-src': answered[3] ?? '',
      },
    ]
  })
}

function isTold(flow: Told, told: Told): boolean {
  return Object.entries(told).every(([option, value]) => flow[option as Option] === value)
}

/** A line for `conntrack --load-file`. */
function deletion(protocol: Protocol, told: Told): string {
  const ends = Object.entries(told).map(([option, value]) => `${option} ${value}`)
  return `-D -p udp -f ${protocol} ${ends.join(' ')}`
}

function udpOf({ forwards }: Traffic): Map<string, Forward> {
  const udp = forwards.filter(({ protocol }) => protocol === 'udp')
  return new Map(udp.map((forward) => [`${forward.family} ${forwardKey(forward)}`, forward]))
}

function sentTo({ hostIp, published }: Forward): Told {
  return { ...(hostIp !== undefined && { '--orig-dst': hostIp }), '--orig-port-dst': String(published) }
}

function protocolOf(address: string): Protocol {
  return isIpv6(address) ? 'ipv6' : 'ipv4'
}
