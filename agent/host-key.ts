import { chmod, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../schemas/log.ts'
import { newIdentity, recipientOf } from '../schemas/sealing/seal.ts'
import { absent, replaceFile, syncFolder, writeDurably } from './disk.ts'

/** The host's own key pair of age. The identity never leaves the host; the recipient is reported. */
export interface HostKey {
  identity: string
  recipient: string
}

/**
 * The key in `<state>/host.key`, made at the first start, as `age-keygen` writes one; its recipient stands in `host.pub`
 * beside. A file that holds no key is set aside and a new one made: then the controller sends nothing sealed until
 * somebody has said that the new key is right.
 */
export async function hostKey(state: string, log: Log): Promise<HostKey> {
  const file = join(state, 'host.key')
  const identity = (await existing(file, log)) ?? (await make(file, state))
  const key = { identity, recipient: recipientOf(identity) }
  await publish(join(state, 'host.pub'), key.recipient)
  return key
}

async function existing(file: string, log: Log): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(absent)
  if (text === undefined) return undefined
  const identity = /^AGE-SECRET-KEY-1[0-9A-Z]+$/m.exec(text)?.[0]
  if (identity === undefined || !isIdentity(identity)) return setAside(file, log)
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) {
    await chmod(file, 0o600)
    log.warn(
      { file, mode: (mode & 0o777).toString(8) },
      'The key of this host was open to others; it is no more',
    )
  }
  return identity
}

function isIdentity(text: string): boolean {
  try {
    return recipientOf(text) !== ''
  } catch {
    return false
  }
}

async function setAside(file: string, log: Log): Promise<undefined> {
  await rename(file, `${file}.damaged`)
  log.error({ file }, 'The key of this host is damaged and was set aside; a new one is made')
}

async function make(file: string, folder: string): Promise<string> {
  const identity = newIdentity()
  const text = `# The key of this host: keep it secret.\n# public key: ${recipientOf(identity)}\n${identity}\n`
  await writeDurably(file, text)
  await syncFolder(folder)
  return identity
}

async function publish(file: string, recipient: string): Promise<void> {
  const present = await readFile(file, 'utf8').catch(() => '')
  if (present.trim() === recipient) return
  await replaceFile(file, `${recipient}\n`, 0o644)
}
