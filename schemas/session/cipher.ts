import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { SetpointError } from '../error.ts'

/** Seals the frames of one end and opens those of the other; each only in the order in which they were sealed. */
export interface Cipher {
  seal(frame: Buffer): Buffer
  /** @throws SetpointError SESSION_BROKEN for a frame that was changed, left out, repeated or put elsewhere */
  open(sealed: Buffer): Buffer
}

export interface CipherOptions {
  /** 32 random bytes that only the two ends know. */
  key: Buffer
  sessionId: string
  /** Drawn by the agent for each session: the same job played twice does not make the same keys. */
  salt: Buffer
  end: 'controller' | 'agent'
}

export const SALT_BYTES = 32
const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM (NIST SP 800-38D) with a key for each direction (HKDF-SHA-256, RFC 5869) and the number of the frame as
 * nonce. The number is not sent: a frame that is missing, repeated or in another place does not open.
 */
export function createCipher({ key, sessionId, salt, end }: CipherOptions): Cipher {
  const keyFrom = (from: string) =>
    Buffer.from(hkdfSync('sha256', key, salt, `setpoint session ${sessionId} from ${from}`, 32))
  const own = { key: keyFrom(end), count: 0n }
  const other = { key: keyFrom(end === 'agent' ? 'controller' : 'agent'), count: 0n }
  return {
    seal(frame) {
      const cipher = createCipheriv(ALGORITHM, own.key, nonce(own.count++))
      return Buffer.concat([cipher.update(frame), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed) {
      if (sealed.length < TAG_BYTES) throw broken()
      const decipher = createDecipheriv(ALGORITHM, other.key, nonce(other.count))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      try {
        const frame = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
        other.count += 1n
        return frame
      } catch {
        throw broken()
      }
    },
  }
}

function nonce(count: bigint): Buffer {
  const bytes = Buffer.alloc(NONCE_BYTES)
  bytes.writeBigUInt64BE(count, NONCE_BYTES - 8)
  return bytes
}

function broken(): SetpointError {
  return new SetpointError('SESSION_BROKEN', 'The session was ended: a frame is not as it was sent.', {
    hint: 'Somebody else writes to Redis, or it has lost data. Try again, and look at who can reach Redis.',
  })
}
