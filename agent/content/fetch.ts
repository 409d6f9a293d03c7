import { redisOptions } from '../../schemas/wire.ts'

/**
 * The pieces under a key of Redis as one; undefined when there are none. It stops soon after `maxBytes`: what is longer
 * is not what was asked for, and its digest tells.
 * @throws Error when Redis does not answer
 */
export type Fetch = (key: string, maxBytes: number) => Promise<Buffer | undefined>

const DEADLINE = 10_000

/**
 * Fetches from the Redis at `url`. A task fetches its content once in its life at most, so the connection, and the
 * library, are there only meanwhile.
 */
export function createFetch(url: string | undefined): Fetch {
  return async (key, maxBytes) => {
    if (!url) throw new Error('this agent was given no --redis')
    const { Redis } = await import('ioredis')
    const client = new Redis({
      ...redisOptions(url),
      lazyConnect: true,
      connectTimeout: DEADLINE,
      commandTimeout: DEADLINE,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    })
    client.on('error', () => {}) // told by what rejects
    try {
      await client.connect()
      const pieces: Buffer[] = []
      for (let size = 0; size <= maxBytes; ) {
        const [piece] = await client.lrangeBuffer(key, pieces.length, pieces.length)
        if (!piece) break
        pieces.push(piece)
        size += piece.length
      }
      return pieces.length === 0 ? undefined : Buffer.concat(pieces)
    } finally {
      client.disconnect()
    }
  }
}
