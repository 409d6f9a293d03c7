import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { REDIS_TIMEOUT } from '../../schemas/wire.ts'
import { closeRedis, connectRedis, reaching, whenReady } from '../redis.ts'
import { createEpochFile } from './epoch-file.ts'
import { giveLeaseBack, renewLease, takeLease } from './lease.ts'
import { createTenure } from './tenure.ts'

export interface LeaderOptions {
  /** The address of the Redis. */
  redis: string
  /** Where the epoch is kept. */
  folder: string
  /**
   * Names this controller, the same at each of its starts (host and state folder, say): a restarted controller takes
   * over its own lease at once. No two controllers may have the same.
   */
  id: string
  log: Log
  /** Milliseconds that a lease lasts without renewal. */
  lease?: number
}

export interface Leader {
  /** Resolves when this controller leads; rejects with NOT_LEADER after `release`. A standby waits as long as it takes. */
  acquire(): Promise<void>
  /** The fencing epoch. @throws SetpointError NOT_LEADER */
  epoch(): number
  /** False as soon as there is doubt. */
  isLeader(): boolean
  /** Calls the listener when the leadership is gained or lost. */
  onChange(listener: (leads: boolean) => void): void
  /** Gives the lease back, so that a standby takes over at once, and ends for good. */
  release(): Promise<void>
}

/** Milliseconds that a lease lasts without renewal, unless told otherwise. */
export const LEASE = 10_000

/** One controller acts: the one that holds the lease in Redis, each time of holding with a higher epoch. */
export function createLeader({ redis, folder, id, log, lease = LEASE }: LeaderOptions): Leader {
  const client = connectRedis(redis, log, { commandTimeout: lease / 3 })
  const epochs = createEpochFile(folder, log)
  const token = `${id}#${randomUUID()}`
  const closing = new AbortController()
  const tenure = createTenure(log)
  let heir = `${id}#`
  let campaign: Promise<void> | undefined
  let problem: string | undefined

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const wait = await step().catch(stumbled)
      await sleep(wait, undefined, { signal: closing.signal }).catch(() => {})
    }
  }

  /** Takes or renews the lease; gives the milliseconds until the next time. */
  async function step(): Promise<number> {
    await whenReady(client, lease / 2)
    const wait = tenure.leads() ? await renew() : await take()
    problem = undefined
    return wait
  }

  async function renew(): Promise<number> {
    const asked = tenure.until(lease)
    if (await renewLease(client, token, lease)) {
      tenure.extend(asked)
      return lease / 3
    }
    tenure.end('The lease was lost to another controller or with the data of Redis')
    return 0
  }

  async function take(): Promise<number> {
    const asked = tenure.until(lease)
    const taken = await takeLease(client, { token, heir, lease, known: await epochs.read() })
    heir = token // from now on only its own: two that share an id must not take turns for ever
    await epochs.raise(taken.epoch) // before it is used, and on a standby in case Redis forgets it
    if (!taken.taken) return Math.min(Math.max(taken.expiresIn, 0) + 10, lease / 5)
    tenure.begin(taken.epoch, asked)
    return lease / 3
  }

  function stumbled(error: unknown): number {
    if (!closing.signal.aborted && messageOf(error) !== problem) {
      log.error({ problem: messageOf(error) }, 'The lease cannot be taken or renewed; trying again')
    }
    problem = messageOf(error)
    return lease / 20
  }

  return {
    acquire: async () => {
      campaign ??= run()
      await tenure.begun(closing.signal)
    },
    epoch: () => {
      if (!tenure.leads()) throw notLeader()
      return tenure.epoch()
    },
    isLeader: tenure.leads,
    onChange: tenure.onChange,
    release: async () => {
      closing.abort(notLeader())
      if (client.status !== 'ready') closeRedis(client)
      await campaign
      const held = tenure.leads()
      tenure.end('The lease was given back')
      if (held) {
        await reaching(() => giveLeaseBack(client, token), REDIS_TIMEOUT).catch((error) =>
          log.warn({ problem: messageOf(error) }, 'The lease was not given back; it runs out by itself'),
        )
      }
      closeRedis(client)
    },
  }
}

function notLeader(): SetpointError {
  return new SetpointError(
    'NOT_LEADER',
    'This controller does not lead: another holds the lease, or Redis is away.',
  )
}
