import { PREFIX } from '../wire.ts'
import type { Transport } from './channel.ts'

/** What a session needs of a connection to Redis; ioredis fits. */
export interface SessionRedis {
  callBuffer(command: string, ...args: (string | number | Buffer)[]): Promise<unknown>
}

export interface RedisTransportOptions {
  sessionId: string
  end: 'controller' | 'agent'
  writer: SessionRedis
  /** A connection of its own, since it waits; `close` lets it go. */
  reader: SessionRedis & { disconnect(): void }
}

/** Seconds after its last frame that Redis forgets a direction. */
const KEPT = 60
/** Frames taken at once. */
const PAGE = 32
const FIELD = 'f'

/** The stream that `from` writes in a session. */
function sessionStream(sessionId: string, from: 'controller' | 'agent'): string {
  return `${PREFIX}:session:${sessionId}:${from}`
}

/** The two directions of a session as two streams in Redis. What was read is removed at once. */
export function redisTransport({ sessionId, end, writer, reader }: RedisTransportOptions): Transport {
  const outgoing = sessionStream(sessionId, end)
  const incoming = sessionStream(sessionId, end === 'agent' ? 'controller' : 'agent')
  let position: string | Buffer = '0'
  let closed = false
  const drop = (error: unknown) => {
    if (!closed) throw error
  }

  return {
    async append(sealed) {
      const added = writer.callBuffer('XADD', outgoing, '*', FIELD, sealed)
      const kept = writer.callBuffer('EXPIRE', outgoing, KEPT)
      await Promise.all([added, kept])
    },
    async read(ms, most = PAGE) {
      if (closed) return []
      const reply = await reader
        .callBuffer('XREAD', 'COUNT', most, 'BLOCK', ms, 'STREAMS', incoming, position)
        .catch(drop)
      const entries = entriesOf(reply)
      const last = entries.at(-1)
      if (last === undefined) return []
      position = last.id
      await writer.callBuffer('XDEL', incoming, ...entries.map(({ id }) => id))
      return entries.map(({ frame }) => frame)
    },
    close() {
      if (closed) return
      closed = true
      reader.disconnect()
      writer.callBuffer('DEL', incoming).catch(() => {}) // it expires
    },
  }
}

type Entry = [id: Buffer, fields: Buffer[]]

/** `[[key, entries]]`, or with RESP3 `[key, entries]`; null when nothing came. */
function entriesOf(reply: unknown): { id: Buffer; frame: Buffer }[] {
  const [first, second] = (reply ?? []) as [Buffer | [Buffer, Entry[]] | undefined, Entry[] | undefined]
  const entries = (Buffer.isBuffer(first) ? second : first?.[1]) ?? []
  return entries.map(([id, fields]) => ({ id, frame: fields[1] ?? Buffer.alloc(0) }))
}
