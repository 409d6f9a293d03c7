import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import { identityFrom, recipientOf } from '../../schemas/sealing/seal.ts'
import { isCode, writeAtomically } from './files.ts'

export interface ControllerKeys {
  privateKey: KeyObject
  publicKey: KeyObject
  /** SPKI PEM: what agents pin. */
  publicPem: string
  /** X25519 identity of age: what the controller keeps of secrets is sealed to its recipient. */
  identity: string
  recipient: string
  /** Secrets are known by a hash with this key, so that nobody can try guesses against it. */
  digestKey: Buffer
}

const PRIVATE = 'controller.key'
/** The file that agents are given. */
const PUBLIC = 'controller.pub'

/**
 * The controller's Ed25519 keys: `controller.key` (0600), made at the first start, and `controller.pub` (0644) beside.
 * @throws SetpointError USAGE when the private key is readable for others or is no Ed25519 key
 */
export async function loadKeys(folder: string): Promise<ControllerKeys> {
  const path = join(folder, PRIVATE)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const privateKey = parse((await existing(path)) ?? (await make(path)), path)
  const publicKey = createPublicKey(privateKey)
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  await publish(join(folder, PUBLIC), publicPem)
  const identity = identityFrom(derived(privateKey, 'setpoint age identity'))
  const digestKey = derived(privateKey, 'setpoint secret digests')
  return { privateKey, publicKey, publicPem, identity, recipient: recipientOf(identity), digestKey }
}

/** 32 bytes that only who has the private key can make (HKDF, RFC 5869): one file to keep and to bring along. */
function derived(privateKey: KeyObject, purpose: string): Buffer {
  const { d = '' } = privateKey.export({ format: 'jwk' })
  return Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', purpose, 32))
}

async function existing(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0) throw tooOpen(path, mode)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Makes the key; another controller that made it at the same time has won. */
async function make(path: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const made = await writeAtomically(path, pem, { overwrite: false })
  return made ? pem : await readFile(path, 'utf8')
}

async function publish(path: string, pem: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present !== pem) await writeAtomically(path, pem, { mode: 0o644 })
}

function parse(pem: string, path: string): KeyObject {
  const key = tryParse(pem)
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new SetpointError('USAGE', `${path} is no Ed25519 private key in PEM form.`, {
    hint: 'Put the key back from a backup. A new one is made when the file is moved away; every agent must then be given the new controller.pub.',
  })
}

function tryParse(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function tooOpen(path: string, mode: number): SetpointError {
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  return new SetpointError(
    'USAGE',
    `${path} has mode ${octal}: others than its owner can use the controller's key.`,
    {
      hint: `Run chmod 600 ${path}. If others had access, move it away so that a new one is made, and give agents the new controller.pub.`,
    },
  )
}
