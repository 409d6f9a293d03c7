import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { SetpointError } from '../error.ts'
import { fileKeyOf, parseAge, payloadOf } from './age-file.ts'
import { fromBech32, toBech32 } from './bech32.ts'

/** How age writes an X25519 recipient: what anybody may know, and can seal to. */
export const RECIPIENT = '^age1[02-9ac-hj-np-z]{58}$'

/** The most bytes that are sealed or unsealed at once. */
const MAX_SEALED_BYTES = 80 * 1024 * 1024

const IDENTITY_PREFIX = 'age-secret-key-'
const RECIPIENT_PREFIX = 'age'
/** An X25519 private key in PKCS 8 (RFC 8410) is this and its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** A new X25519 identity as age writes it, `AGE-SECRET-KEY-1…`. It is a secret. */
export function newIdentity(): string {
  const { privateKey } = generateKeyPairSync('x25519')
  return identityFrom(privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(PKCS8.length))
}

/** The identity whose private key are these 32 bytes. */
export function identityFrom(bytes: Uint8Array): string {
  return toBech32(IDENTITY_PREFIX, bytes).toUpperCase()
}

/**
 * The recipient, `age1…`, whose sealed bytes an identity opens. Only to seal loads the library of age, which costs a
 * process 70 ms and 40 MB; an agent never does.
 * @throws SetpointError USAGE for what is no identity; the message does not hold it
 */
export function recipientOf(identity: string): string {
  const key = Buffer.concat([PKCS8, privateBytes(identity)])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return toBech32(RECIPIENT_PREFIX, Buffer.from(x, 'base64url'))
}

/** The 32 bytes of an identity's private key. @throws SetpointError USAGE */
export function privateBytes(identity: string): Buffer {
  const isUpper = identity === identity.toUpperCase()
  const bytes = isUpper ? fromBech32(IDENTITY_PREFIX, identity.toLowerCase()) : undefined
  if (bytes?.length === 32) return bytes
  throw new SetpointError('USAGE', 'This is no X25519 identity of age.')
}

/** True for an X25519 recipient whose checksum is right. */
export function isRecipient(text: string): boolean {
  return fromBech32(RECIPIENT_PREFIX, text)?.length === 32
}

/**
 * Seals bytes to recipients (one at least) in the binary format age v1 (age-encryption.org/v1): only who has the
 * identity of one of them can open it, and any change is noticed.
 */
export async function sealTo(recipients: string[], bytes: Uint8Array): Promise<Buffer> {
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  return buffer(await encrypter.encrypt(bytes))
}

/**
 * Opens what was sealed to an identity's recipient.
 * @throws SetpointError SECRET_SEALED when this identity does not open it, or it is damaged; the message holds nothing of it
 */
export async function unseal(identity: string, sealed: Uint8Array): Promise<Buffer> {
  if (sealed.length > MAX_SEALED_BYTES) throw notOpened(`it is larger than ${MAX_SEALED_BYTES} bytes`)
  const file = parseAge(Buffer.from(sealed))
  if (!file) throw notOpened('it is damaged, or not of age')
  const key = fileKeyOf(file, privateBytes(identity))
  if (!key) throw notOpened('it is sealed to others')
  const bytes = payloadOf(file, key)
  if (!bytes) throw notOpened('it is damaged, or not of age')
  return bytes
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function notOpened(why: string): SetpointError {
  return new SetpointError('SECRET_SEALED', `What is sealed cannot be opened with this key: ${why}.`)
}
