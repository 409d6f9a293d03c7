import { createDecipheriv } from 'node:crypto'
import { SetpointError } from '../../../schemas/error.ts'

/** A value that SOPS has encrypted, opened. */
export interface Clear {
  type: 'str' | 'int' | 'float' | 'bool' | 'time' | 'comment'
  bytes: Buffer
}

const ENCRYPTED = /^ENC\[AES256_GCM,data:([^,]*),iv:([^,]*),tag:([^,]*),type:([a-z]+)\]$/
const TYPES = ['str', 'int', 'float', 'bool', 'time', 'comment'] as const
const TAG_BYTES = 16

export function isEncrypted(value: unknown): value is string {
  return typeof value === 'string' && ENCRYPTED.test(value)
}

/**
 * Opens one value as SOPS writes it (AES-256-GCM with a nonce of 32 bytes; what is authenticated beside it is its place).
 * @param place the keys above it, each followed by a colon
 * @throws SetpointError SECRET_SEALED when the key or the place is another, or a byte was changed
 */
export function decryptValue(text: string, key: Buffer, place: string): Clear {
  const [, data = '', iv = '', tag = '', written = ''] = ENCRYPTED.exec(text) ?? []
  const type = written === 'bytes' ? 'str' : TYPES.find((one) => one === written)
  const mark = Buffer.from(tag, 'base64')
  if (type === undefined || mark.length !== TAG_BYTES) throw broken(place)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(place))
    decipher.setAuthTag(mark)
    const bytes = Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()])
    return { type, bytes }
  } catch {
    throw broken(place)
  }
}

/** Tells the place, which SOPS leaves in the clear, and never a value. */
function broken(place: string): SetpointError {
  const where = place.endsWith(':') ? place.slice(0, -1).replaceAll(':', '.') : 'its checksum'
  return new SetpointError('SECRET_SEALED', `the value of ${where.slice(0, 200)} was changed or is damaged.`)
}
