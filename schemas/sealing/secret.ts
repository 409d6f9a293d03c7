import { createHash, createHmac } from 'node:crypto'
import { SetpointError } from '../error.ts'
import { SECRET_FORMATS, type SecretFormat } from './secret-file.ts'

/** The most bytes of a secret, as it is in the repository. Docker takes 500 KiB. */
export const MAX_SECRET_BYTES = 1024 * 1024

/** A secret as it is known: bytes in the clear, or a file that its author has encrypted. */
export interface Secret {
  format: SecretFormat
  bytes: Buffer
}

/**
 * What is sealed for a host. Only `pack` is named by the digest that the signed job has; the rest need not be believed:
 * a wrong key opens nothing, and the origin is only shown.
 */
export interface SecretParcel {
  /** Where it comes from, for messages: `db.sops.yaml`, `external secret tls-key`. */
  origin: string
  /** The data key of a file that is encrypted to the controller; absent where the host itself has to open the file. */
  dataKey?: Buffer
  pack: Buffer
}

const MAGIC = 'setpoint secret 1'
const HEADER = /^setpoint secret 1 ([a-z-]+) ([0-9a-f]{64}|-)$/
const LONGEST_ORIGIN = 300
const DATA_KEY = /^(?:[0-9a-f]{2}){16,32}$/

/**
 * A secret as bytes that are always the same: `setpoint secret 1 FORMAT NONCE\n` and its content. The nonce of one in the
 * clear is a keyed hash (HMAC-SHA-256) of its content: who does not have `key` cannot tell a guess from the digest, and
 * the host that gets the pack can check that digest without the key. What is encrypted needs none.
 * @param key the controller's own; see controller/state/keys.ts
 */
export function packSecret({ format, bytes }: Secret, key: Buffer): Buffer {
  const nonce = format === 'plain' ? createHmac('sha256', key).update(bytes).digest('hex') : '-'
  return Buffer.concat([Buffer.from(`${MAGIC} ${format} ${nonce}\n`), bytes])
}

/** What a secret is known by: the SHA-256 of its pack in hex. */
export function secretDigest(pack: Buffer): string {
  return createHash('sha256').update(pack).digest('hex')
}

/** The digest of a secret of which nobody can know the value where it is asked for: offline. */
export const UNKNOWN_SECRET = '0'.repeat(64)

/** @throws SetpointError SECRET_SEALED for what is no pack */
export function unpackSecret(pack: Buffer): Secret {
  const end = pack.indexOf('\n')
  const [, format] = HEADER.exec(pack.toString('latin1', 0, Math.min(Math.max(end, 0), 128))) ?? []
  const known = SECRET_FORMATS.find((one) => one === format)
  if (known === undefined) throw new SetpointError('SECRET_SEALED', 'What was sealed is no secret.')
  return { format: known, bytes: pack.subarray(end + 1) }
}

/** A parcel as the bytes that are sealed: one line of JSON, then the pack. */
export function wrapSecret({ origin, dataKey, pack }: SecretParcel): Buffer {
  const about = {
    origin: origin.slice(0, LONGEST_ORIGIN),
    ...(dataKey && { dataKey: dataKey.toString('hex') }),
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(about)}\n`), pack])
}

/** @throws SetpointError SECRET_SEALED for what is no parcel */
export function unwrapSecret(bytes: Buffer): SecretParcel {
  const end = bytes.indexOf('\n')
  try {
    const { origin, dataKey } = JSON.parse(bytes.toString('utf8', 0, Math.min(end, 4096)))
    const key =
      typeof dataKey === 'string' && DATA_KEY.test(dataKey) ? Buffer.from(dataKey, 'hex') : undefined
    return { origin: printable(origin), ...(key && { dataKey: key }), pack: bytes.subarray(end + 1) }
  } catch {
    // the parser's message would hold the bytes
    throw new SetpointError('SECRET_SEALED', 'What was sealed is no secret.')
  }
}

/** What stands in the place of a sealed secret that the controller does not send. */
const REFUSED = ['HOST_KEY_CHANGED', 'HOST_KEY_MISSING'] as const
const REFUSAL = 'setpoint refuses '

/** What a host is sent in place of a secret. */
export function refusal(code: (typeof REFUSED)[number]): Buffer {
  return Buffer.from(REFUSAL + code)
}

/** The code of a refusal; undefined for anything else. */
export function refusalIn(bytes: Buffer): (typeof REFUSED)[number] | undefined {
  return REFUSED.find((code) => bytes.equals(refusal(code)))
}

function printable(origin: unknown): string {
  return String(origin).slice(0, LONGEST_ORIGIN).replace(/\p{C}/gu, '?')
}
