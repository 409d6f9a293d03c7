import { readFile } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import type { Observed } from '../../schemas/fleet.ts'
import type { Log } from '../../schemas/log.ts'
import { isRecipient } from '../../schemas/sealing/seal.ts'
import type { HostKeyStatus } from '../../schemas/status.ts'
import { openHostPins } from './host-pins.ts'

/**
 * Which key each host has, so that what is sealed to a host can be opened by no other. Reports are not signed, so the
 * first key that is seen of a host is pinned, and another one counts only when a person has said so.
 */
export interface HostKeys {
  /** Pins the keys of hosts that are seen for the first time. Resolves when that is on disk; never rejects. */
  see(observed: Observed): Promise<void>
  /** Resolves when what was seen so far counts. */
  settled(): Promise<void>
  of(host: string): HostKeyStatus
  /** The hosts that have a pin: they have reported at some time. */
  hosts(): string[]
  /**
   * What to seal to for this host.
   * @throws SetpointError HOST_KEY_CHANGED, HOST_KEY_MISSING
   */
  recipientFor(host: string): string
  /**
   * Pins the key that the host reports now; `recipient` is the one that the person saw.
   * @throws SetpointError HOST_KEY_MISSING, or USAGE when the host reports another than the person saw
   */
  trust(host: string, recipient?: string): Promise<string>
  /** Drops the key of a host that is being forgotten; when it reports again, it is a new one. */
  forget(host: string): Promise<void>
}

export interface HostKeysOptions {
  /** Where pins are kept. */
  folder: string
  /** Files, by host, that hold the recipient: their word counts more than a report's. */
  given: Record<string, string>
  /** The first key that is seen of a host is not pinned: a person says which hosts there are. */
  byHand?: boolean
  log: Log
  now: () => Date
}

/** Reads what is pinned. @throws what the disk says, when the folder cannot be used */
export async function openHostKeys(options: HostKeysOptions): Promise<HostKeys> {
  const { folder, given, byHand = false, log, now } = options
  const pins = await openHostPins(folder, { log, now })
  const reported = new Map<string, string>()
  /** Hosts whose pin was compared with the file that is given for them. */
  const compared = new Set<string>()

  let looking: Promise<void> = Promise.resolve()

  function see(observed: Observed): Promise<void> {
    looking = Promise.all([looking, take(observed)]).then(() => {})
    return looking
  }

  async function take(observed: Observed): Promise<void> {
    const seen = [...observed.values()].flatMap(({ info: { name, recipient } }) =>
      recipient === undefined || !isRecipient(recipient) ? [] : [[name, recipient] as const],
    )
    for (const [host, recipient] of seen) reported.set(host, recipient)
    const news = seen.filter(([host, recipient]) => pins.get(host) !== recipient || isGiven(host))
    await Promise.all(news.map(([host, recipient]) => look(host, recipient)))
  }

  /** A pin that an earlier controller has made of a report counts less than the file. */
  function isGiven(host: string): boolean {
    return given[host] !== undefined && !compared.has(host)
  }

  async function look(host: string, recipient: string): Promise<void> {
    const file = given[host]
    const known = file === undefined ? undefined : await recipientIn(file, log)
    if (file !== undefined && known === undefined) return
    compared.add(host)
    if (known !== undefined) return known === pins.get(host) ? undefined : pins.set(host, known, 'given')
    if (pins.get(host) === undefined && byHand) return
    if (pins.get(host) === undefined && !pins.isDamaged(host)) return pins.set(host, recipient, 'first seen')
    log.error({ host, recipient, pinned: pins.get(host) }, 'A host reports another key than the pinned one')
  }

  function of(host: string): HostKeyStatus {
    const [recipient = null, seen = null] = [pins.get(host), reported.get(host)]
    const isOther = recipient === null ? pins.isDamaged(host) : seen !== null && seen !== recipient
    const state = isOther ? 'changed' : recipient === null ? 'none' : 'pinned'
    return { state, recipient, reported: seen }
  }

  return {
    see,
    settled: () => looking,
    of,
    hosts: pins.hosts,
    recipientFor(host) {
      const { state, recipient, reported: seen } = of(host)
      if (state === 'changed') throw changed(host)
      if (recipient === null) throw seen === null ? missing(host) : notTrusted(host)
      return recipient
    },
    async forget(host) {
      await looking // what was seen before must not pin it again
      await pins.remove(host)
      reported.delete(host)
      compared.delete(host)
    },
    async trust(host, recipient) {
      const seen = reported.get(host)
      if (seen === undefined) throw missing(host)
      if (recipient !== undefined && recipient !== seen) throw another(host, seen)
      await pins.set(host, seen, 'trusted by hand')
      return seen
    },
  }
}

async function recipientIn(file: string, log: Log): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  if (isRecipient(text.trim())) return text.trim()
  log.warn({ file }, 'A file that should hold the recipient of a host does not')
  return undefined
}

function missing(host: string): SetpointError {
  return new SetpointError(
    'HOST_KEY_MISSING',
    `Host ${host} has not told of a key that could be sealed to.`,
    {
      hint: 'Its agent makes one when it starts and reports it: is it of this version, and does it run?',
    },
  )
}

function notTrusted(host: string): SetpointError {
  return new SetpointError('HOST_KEY_MISSING', `Nobody has trusted the key that host ${host} reports.`, {
    hint: `Compare its host.pub with \`setpoint hosts --output json\`, then run \`setpoint hosts trust ${host}\`.`,
  })
}

function changed(host: string): SetpointError {
  const message = `Host ${host} reports another key than the one that was pinned, so nothing is sealed to it.`
  const hint = `If its agent was really set up anew, compare its host.pub with \`setpoint hosts --output json\`, then run \`setpoint hosts trust ${host}\`.`
  return new SetpointError('HOST_KEY_CHANGED', message, { hint })
}

function another(host: string, seen: string): SetpointError {
  return new SetpointError('USAGE', `Host ${host} reports the key ${seen}, not the one that was named.`, {
    hint: `The key of a host stands in host.pub in its agent's state folder.`,
  })
}
