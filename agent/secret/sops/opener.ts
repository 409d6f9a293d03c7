import { createHash, timingSafeEqual } from 'node:crypto'
import { type Clear, decryptValue, isEncrypted } from './cipher.ts'
import { encryptionRule, type Metadata, sealed } from './metadata.ts'

/** Opens the values of one file in the order in which they stand, and tells in the end whether it is whole. */
export interface Opener {
  /** The value in the clear; undefined for one that is in the clear already. */
  open(value: string | number | bigint | boolean, path: string[]): Clear | undefined
  /** A comment in the clear; undefined for one that is not encrypted. */
  comment(text: string, path: string[]): string | undefined
  /** @throws SetpointError SECRET_SEALED when values were added, removed, moved or changed */
  finish(): void
}

/** The constant that a checksum over the encrypted values alone begins with. */
const ENCRYPTED_ONLY = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex')

export function createOpener(key: Buffer, metadata: Metadata): Opener {
  const isToBeEncrypted = encryptionRule(metadata)
  const hash = createHash('sha512')
  if (metadata.mac_only_encrypted) hash.update(ENCRYPTED_ONLY)

  return {
    open(value, path) {
      const encrypted = isToBeEncrypted(path)
      if (!encrypted) {
        if (!metadata.mac_only_encrypted) hash.update(bytesOf(value))
        return undefined
      }
      if (value === '') return undefined // SOPS leaves it as it is
      if (!isEncrypted(value)) throw sealed(`${path.join('.').slice(0, 200)} should be encrypted and is not.`)
      const clear = decryptValue(value, key, placeOf(path))
      hash.update(canonical(clear))
      return clear
    },
    comment(text, path) {
      if (!isEncrypted(text)) return undefined
      // which keys SOPS takes a comment to be below depends on its parser: those here, or some above
      for (let depth = path.length; depth >= 0; depth--) {
        const clear = attempt(() => decryptValue(text, key, placeOf(path.slice(0, depth))))
        if (clear) return clear.bytes.toString()
      }
      return undefined
    },
    finish() {
      const wanted = decryptValue(metadata.mac, key, metadata.lastmodified).bytes
      const found = Buffer.from(hash.digest('hex').toUpperCase())
      if (wanted.length !== found.length || !timingSafeEqual(wanted, found))
        throw sealed('its checksum is another: values were added, removed, moved or changed by hand.')
    },
  }
}

function placeOf(path: string[]): string {
  return `${path.join(':')}:`
}

function attempt(work: () => Clear): Clear | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** What a value adds to the checksum. */
function canonical({ type, bytes }: Clear): Buffer {
  if (type === 'bool') return bytesOf(isTrue(bytes.toString()))
  if (type === 'float') return bytesOf(Number(bytes.toString()))
  return bytes
}

function bytesOf(value: string | number | bigint | boolean): Buffer {
  if (typeof value === 'boolean') return Buffer.from(value ? 'True' : 'False')
  return Buffer.from(typeof value === 'number' ? decimal(value) : String(value))
}

export function isTrue(text: string): boolean {
  return /^(1|t|T|true|TRUE|True)$/.test(text)
}

/** A number in digits, as short as it can be, without an exponent. */
export function decimal(value: number): string {
  const [, sign = '', whole = '', part = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? []
  if (exponent === undefined) return String(value)
  const digits = whole + part
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}`
}
