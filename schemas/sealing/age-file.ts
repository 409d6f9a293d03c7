import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'

/**
 * Reading age v1 files (age-encryption.org/v1) with Node's own cryptography. It is all that an agent needs, and age's
 * library would cost it 40 MB; sealing is left to the library.
 */
export interface AgeFile {
  stanzas: Stanza[]
  /** The header up to its MAC, and the MAC. */
  header: Buffer
  mac: Buffer
  payload: Buffer
}

interface Stanza {
  args: string[]
  body: Buffer
}

const VERSION = 'age-encryption.org/v1'
/** An X25519 public key in SPKI and a private key in PKCS 8 (RFC 8410) are this and their 32 bytes. */
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const KEY = 32
const FILE_KEY = 16
const TAG = 16
const NONCE = 12
const CHUNK = 64 * 1024
const MAX_HEADER = 64 * 1024
const COLUMNS = 64

/** Undefined for what is no age file. */
export function parseAge(bytes: Buffer): AgeFile | undefined {
  const macAt = bytes.subarray(0, MAX_HEADER).indexOf('\n--- ')
  const end = macAt < 0 ? -1 : bytes.indexOf('\n', macAt + 1)
  if (end < 0) return undefined
  const header = bytes.subarray(0, macAt + '\n---'.length)
  const mac = unpadded(bytes.toString('latin1', macAt + '\n--- '.length, end))
  const [version, ...lines] = bytes.toString('latin1', 0, macAt).split('\n')
  const stanzas = version === VERSION ? readStanzas(lines) : undefined
  if (!stanzas || mac?.length !== KEY) return undefined
  return { stanzas, header, mac, payload: bytes.subarray(end + 1) }
}

/** The file key, if one of the X25519 stanzas is for this private key. Whether the header is whole, `payloadOf` says. */
export function fileKeyOf({ stanzas }: AgeFile, privateBytes: Uint8Array): Buffer | undefined {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8, privateBytes]),
    format: 'der',
    type: 'pkcs8',
  })
  for (const { args, body } of stanzas) {
    const share = args[0] === 'X25519' && args.length === 2 ? unpadded(args[1] ?? '') : undefined
    const key = share?.length === KEY && body.length === FILE_KEY + TAG && unwrap(body, share, privateKey)
    if (key) return key
  }
  return undefined
}

/** The content, by the file key. Undefined when the key is another, or header or content were changed or cut off. */
export function payloadOf({ header, mac, payload }: AgeFile, fileKey: Buffer): Buffer | undefined {
  if (!isIntact(fileKey, header, mac) || payload.length < FILE_KEY + TAG) return undefined
  const key = derive(fileKey, payload.subarray(0, FILE_KEY), 'payload')
  const sealed = payload.subarray(FILE_KEY)
  const count = Math.max(1, Math.ceil(sealed.length / (CHUNK + TAG)))
  const chunks: Buffer[] = []
  for (let at = 0; at < count; at++) {
    const nonce = Buffer.alloc(NONCE)
    nonce.writeUInt32BE(at, NONCE - 5)
    nonce[NONCE - 1] = at === count - 1 ? 1 : 0
    const chunk = open(key, nonce, sealed.subarray(at * (CHUNK + TAG), (at + 1) * (CHUNK + TAG)))
    // an empty last chunk is only that of an empty file
    if (!chunk || (chunk.length === 0 && at > 0)) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `-> TYPE ARGUMENT…`, then lines of base64 of which the last is shorter than the others. */
function readStanzas(lines: string[]): Stanza[] | undefined {
  const stanzas: Stanza[] = []
  for (let at = 0; at < lines.length; ) {
    const [arrow, ...args] = (lines[at] ?? '').split(' ')
    if (arrow !== '->' || args.length === 0) return undefined
    let text = ''
    do {
      at += 1
      text += lines[at] ?? ''
    } while (lines[at]?.length === COLUMNS)
    const body = unpadded(text)
    if (!body || at >= lines.length) return undefined
    stanzas.push({ args, body })
    at += 1
  }
  return stanzas.length > 0 ? stanzas : undefined
}

function unwrap(body: Buffer, share: Buffer, privateKey: KeyObject): Buffer | undefined {
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, share]), format: 'der', type: 'spki' })
  const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
  try {
    const shared = diffieHellman({ privateKey, publicKey })
    const key = derive(shared, Buffer.concat([share, own]), `${VERSION}/X25519`)
    return open(key, Buffer.alloc(NONCE), body)
  } catch {
    return undefined // a share of low order
  }
}

function isIntact(fileKey: Buffer, header: Buffer, mac: Buffer): boolean {
  const key = derive(fileKey, Buffer.alloc(0), 'header')
  return timingSafeEqual(createHmac('sha256', key).update(header).digest(), mac)
}

function open(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG) return undefined
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG })
  decipher.setAuthTag(sealed.subarray(-TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG)), decipher.final()])
  } catch {
    return undefined
  }
}

function derive(secret: Uint8Array, salt: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, purpose, KEY))
}

/** Base64 without padding, as age writes it, in its one right spelling. */
function unpadded(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === text ? bytes : undefined
}
