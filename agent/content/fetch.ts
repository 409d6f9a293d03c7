import { CONTENT_PIECE, redisOptions } from '../../schemas/wire.ts'

/**
 * The bytes under a key of Redis; undefined when there are none. It stops soon after `maxBytes`: what is longer is not
 * what was asked for, and its digest tells. Whoever else writes there makes it neither read more at once than a piece,
 * nor ask more often than `maxBytes` have pieces.
 * @throws Error when Redis does not answer
 */
export type Fetch = (key: string, maxBytes: number) => Promise<Buffer | undefined>

/** Milliseconds for a connection to Redis, and for each of its commands. */
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
      for (let at = 0; at <= maxBytes; at += CONTENT_PIECE) {
        const piece = await client.getrangeBuffer(key, at, at + CONTENT_PIECE - 1)
        pieces.push(piece)
        if (piece.length < CONTENT_PIECE) break
      }
      const bytes = Buffer.concat(pieces)
      return bytes.length === 0 ? undefined : bytes
    } finally {
      client.disconnect()
    }
  }
}
