import { createPublicKey, type KeyObject } from 'node:crypto'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SetpointError } from '../schemas/error.ts'
import type { Log } from '../schemas/log.ts'
import { replaceFile } from './disk.ts'

interface KeyOptions {
  /** The file that was given; the controller may write it a moment later. */
  file: string | undefined
  /** The agent's state folder: the key that was seen first is kept there. */
  state: string
  log: Log
  signal: AbortSignal
}

/** Milliseconds after which a key that does not come is complained of; it is waited for all the same. */
const COMPLAIN_AFTER = 30_000

/**
 * The controller's key whose jobs this agent obeys: the one that is pinned in `<state>/controller.pub`, else the one in
 * `file`, which is pinned from then on. Waits for the file to appear; undefined when `signal` aborts first.
 * @throws SetpointError USAGE for a file that holds another key than the pinned one, or none
 */
export async function controllerKey({
  file,
  state,
  log,
  signal,
}: KeyOptions): Promise<KeyObject | undefined> {
  const pin = join(state, 'controller.pub')
  const pinned = await readKey(pin)
  const given = file === undefined ? undefined : await readKey(file)
  if (pinned && given && !pinned.equals(given)) throw otherKey(file ?? '', pin)
  if (pinned) return pinned
  if (file === undefined) throw noKey()
  const key = given ?? (await appear(file, { log, signal }))
  if (key) {
    await replaceFile(pin, String(key.export({ type: 'spki', format: 'pem' })), 0o644)
    log.info({ pin }, 'The key of the controller is pinned')
  }
  return key
}

/** @throws SetpointError USAGE when both files are there and differ, or one is no key */
export async function checkKey(file: string | undefined, state: string): Promise<void> {
  const pin = join(state, 'controller.pub')
  const [pinned, given] = await Promise.all([readKey(pin), file === undefined ? undefined : readKey(file)])
  if (pinned && given && !pinned.equals(given)) throw otherKey(file ?? '', pin)
}

/** Looks again at whatever happens in the folder, and every second: the folder itself may not be there yet. */
async function appear(
  file: string,
  { log, signal }: Pick<KeyOptions, 'log' | 'signal'>,
): Promise<KeyObject | undefined> {
  log.info({ file }, 'Waiting for the key of the controller')
  const complaint = setTimeout(
    () => log.warn({ file }, 'The key of the controller is still not there'),
    COMPLAIN_AFTER,
  )
  try {
    while (!signal.aborted) {
      const change = nextChange(dirname(file), basename(file), signal)
      const key = await readKey(file)
      if (key) return key
      await change
    }
    return undefined
  } finally {
    clearTimeout(complaint)
  }
}

function nextChange(folder: string, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = new AbortController()
    const done = () => {
      stop.abort()
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, 1_000)
    signal.addEventListener('abort', done, { once: true, signal: stop.signal })
    try {
      watch(folder, { signal: stop.signal }, (_, changed) => {
        if (changed === name) done()
      }).on('error', () => {}) // the timer looks again
    } catch {
      // there is no such folder yet: the timer looks again
    }
  })
}

async function readKey(file: string): Promise<KeyObject | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
    throw badKey(file, error)
  })
  if (text.trim() === '') return undefined // about to be written
  try {
    const key = createPublicKey(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    throw badKey(file, error)
  }
  throw badKey(file, undefined)
}

function otherKey(file: string, pin: string): SetpointError {
  return new SetpointError(
    'USAGE',
    `${file} holds another controller's key than the one that this agent pinned at its first start.`,
    {
      hint: `If the controller was really set up anew, remove ${pin} and start the agent again. Running containers are not affected.`,
    },
  )
}

function noKey(): SetpointError {
  return new SetpointError('USAGE', 'No key of a controller is pinned yet and none was given.', {
    hint: 'Give --controller-key FILE: the controller writes it as <state>/controller/controller.pub.',
  })
}

function badKey(file: string, cause: unknown): SetpointError {
  return new SetpointError('USAGE', `${file} is no Ed25519 public key in PEM form that can be read.`, {
    hint: 'Copy <state>/controller/controller.pub of the controller there.',
    cause,
  })
}
