import { randomUUID } from 'node:crypto'
import type { ContentMount } from '../../schemas/content.ts'
import type { Log } from '../../schemas/log.ts'
import { CONTENT_PIECE, CONTENT_STAYS, contentKey, sealedKey } from '../../schemas/wire.ts'
import { closeRedis, connectRedis, type Redis, reaching, unlinkAll, whenReady } from '../redis.ts'
import type { ContentStore } from './store.ts'

/** What a task on a host mounts. */
export interface Need {
  host: string
  contents: ContentMount[]
}

/** Hands content over to agents, through Redis. */
export interface Delivery {
  /**
   * Puts what the tasks mount where their agents find it, and lets it stay there for a while. What this controller does
   * not have is told of and left out: the agent rejects the task.
   * @param anew also when it is there already: an agent has not found it, or found something else
   * @throws SetpointError REDIS_UNREACHABLE
   */
  deliver(needs: Need[], anew?: boolean): Promise<void>
  /** Removes what is sealed for a host and lies ready for it. @throws SetpointError REDIS_UNREACHABLE */
  forget(host: string): Promise<void>
  close(): Promise<void>
}

/** One thing to hand over: the key in Redis and where its bytes are. */
export interface Handover {
  key: string
  /** Undefined when this controller does not have them. */
  bytes: () => Promise<Buffer | undefined>
}

export interface DeliveryOptions {
  /** The address of the Redis. */
  redis: string
  store: Pick<ContentStore, 'read'>
  log: Log
  /** What is sealed for the host of a need. */
  sealed?: (need: Need) => Handover[]
  /** Milliseconds that one delivery may take. */
  timeout?: number
}

const TIMEOUT = 60_000

/** Delivery as strings in Redis, under a key for each digest. */
export function createDelivery({
  redis,
  store,
  log,
  sealed = () => [],
  timeout = TIMEOUT,
}: DeliveryOptions): Delivery {
  let client: Redis | undefined

  async function handOver({ key, bytes }: Handover, anew: boolean): Promise<void> {
    client ??= connectRedis(redis, log)
    await whenReady(client)
    if (!anew && (await client.expire(key, CONTENT_STAYS)) === 1) return
    const found = await bytes()
    if (found) await put(client, key, found)
    else log.error({ key }, 'Content that a task needs is not on the disk of the controller')
  }

  return {
    async deliver(needs, anew = false) {
      const handovers = needs.flatMap((need) => [...packsOf(need), ...sealed(need)])
      const once = new Map(handovers.map((one) => [one.key, one]))
      for (const one of once.values()) await reaching(() => handOver(one, anew), timeout)
    },
    forget: (host) => reaching(() => forget(host), timeout),
    close: async () => {
      if (client) closeRedis(client)
    },
  }

  async function forget(host: string): Promise<void> {
    client ??= connectRedis(redis, log)
    await whenReady(client)
    await unlinkAll(client, sealedKey(host, '*'))
  }

  function packsOf({ contents }: Need): Handover[] {
    return contents
      .filter(({ kind }) => kind !== 'secret')
      .map(({ digest }) => ({ key: contentKey(digest), bytes: () => store.read(digest) }))
  }
}

/** Under a name of its own until it is whole: an agent never finds a part. */
async function put(client: Redis, key: string, bytes: Buffer): Promise<void> {
  const making = `${key}:${randomUUID()}`
  await client.set(making, bytes.subarray(0, CONTENT_PIECE), 'EX', CONTENT_STAYS)
  for (let at = CONTENT_PIECE; at < bytes.length; at += CONTENT_PIECE) {
    await client.append(making, bytes.subarray(at, at + CONTENT_PIECE))
  }
  await client.multi().rename(making, key).expire(key, CONTENT_STAYS).exec()
}
