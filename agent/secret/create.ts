import { join } from 'node:path'
import { shared } from '../../schemas/common/shared.ts'
import { CONTENT_MODE, type ContentMount } from '../../schemas/content.ts'
import { messageOf, SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { unseal } from '../../schemas/sealing/seal.ts'
import { refusalIn, type SecretParcel, secretDigest, unwrapSecret } from '../../schemas/sealing/secret.ts'
import type { Task } from '../../schemas/task.ts'
import { sealedKey } from '../../schemas/wire.ts'
import type { Fetch } from '../content/fetch.ts'
import type { HostKey } from '../host-key.ts'
import type { Paths } from '../paths.ts'
import type { Memory } from './memory.ts'
import { openSecret } from './open.ts'
import { createSealedStore } from './sealed.ts'
import type { Secrets } from './secrets.ts'

export interface SecretsOptions {
  paths: Pick<Paths, 'state'>
  memory: Memory
  fetch: Fetch
  /** This host's own key; asked for when the first secret comes. */
  hostKey: () => Promise<HostKey>
  log: Log
}

/** The most bytes of what is sealed: a secret, its data key and what age adds. */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Secrets as `<state>/secrets/<digest>`, sealed as they came, and in the clear in memory alone. The signed task
 * names the digest; whatever Redis holds is taken only if what this host's key opens hashes to that.
 */
export function createSecrets({ paths, memory, fetch, hostKey, log }: SecretsOptions): Secrets {
  const store = createSealedStore(join(paths.state, 'secrets'))
  const once = shared<SecretParcel>()
  let known: Promise<HostKey> | undefined

  function key(): Promise<HostKey> {
    known ??= hostKey()
    return known
  }

  async function parcelOf({ digest, target }: ContentMount, host: string): Promise<SecretParcel> {
    const { identity } = await key()
    const kept = await store.read(digest)
    const parcel = kept && (await opened(identity, kept, digest))
    if (parcel) return parcel
    const sealed = await fetched(sealedKey(host, digest), target)
    const fresh = await opened(identity, sealed, digest)
    if (!fresh) throw invalid(target)
    await store.write(digest, sealed)
    log.info({ digest, origin: fresh.origin }, 'A secret is here, sealed')
    return fresh
  }

  async function fetched(from: string, target: string): Promise<Buffer> {
    const sealed = await fetch(from, MAX_BYTES).catch((error) => {
      throw missing(target, `Redis does not answer: ${messageOf(error)}`)
    })
    if (!sealed) throw missing(target, `there is nothing under ${from}`)
    const refusal = refusalIn(sealed)
    if (refusal) throw refused(target, refusal)
    return sealed
  }

  async function clear(mount: ContentMount, host: string): Promise<Buffer> {
    const parcel = await once(mount.digest, () => parcelOf(mount, host))
    return openSecret(parcel, { target: mount.target, key: await key() })
  }

  return {
    async resolve(task) {
      const mounts = secretsOf(task)
      if (mounts.length === 0) return []
      const folder = await memory.folder(task.id)
      return Promise.all(
        mounts.map(async (mount, index) => {
          const source = join(folder, String(index))
          await memory.write(source, () => clear(mount, task.host), ownerOf(mount))
          return { type: 'bind' as const, source, target: mount.target, ...READ_ONLY }
        }),
      )
    },
    remove: memory.remove,
    async release(isUsed, isTask) {
      for (const id of await memory.list()) if (!isTask(id)) await memory.remove(id)
      await store.release(isUsed)
    },
  }
}

/** The options of the tmpfs itself. `recursive` tells crun 1.8 that nothing is mounted below: it asks for a folder otherwise. */
const READ_ONLY = {
  readOnly: true,
  recursive: 'writable' as const,
  options: ['nosuid', 'nodev', 'noexec'],
}

/** Undefined when this host's key does not open it, or it is not what was asked for. */
async function opened(identity: string, sealed: Buffer, digest: string): Promise<SecretParcel | undefined> {
  try {
    const parcel = unwrapSecret(await unseal(identity, sealed))
    return secretDigest(parcel.pack) === digest ? parcel : undefined
  } catch (error) {
    if (error instanceof SetpointError) return undefined
    throw error
  }
}

/** The secrets that a task mounts. */
function secretsOf({ container }: Task): ContentMount[] {
  return (container.contents ?? []).filter(({ kind }) => kind === 'secret')
}

function ownerOf({ uid = 0, gid = 0, mode = CONTENT_MODE }: ContentMount) {
  return { uid, gid, mode }
}

function missing(target: string, why: string): SetpointError {
  return new SetpointError('CONTENT_MISSING', `The secret ${target} is not on this host: ${why}.`, {
    hint: 'The controller seals it anew when it sees this; the agent tries again.',
  })
}

function invalid(target: string): SetpointError {
  const message = `The secret ${target} was not taken: what came is not sealed to this host, or is another.`
  return new SetpointError('CONTENT_INVALID', message, {
    hint: 'Does the key in `setpoint hosts` differ from host.pub here? Who else can write to this Redis?',
  })
}

function refused(target: string, code: 'HOST_KEY_CHANGED' | 'HOST_KEY_MISSING'): SetpointError {
  const why =
    code === 'HOST_KEY_CHANGED'
      ? 'the key of this host is not the one that it pinned'
      : 'it knows no key of this host'
  return new SetpointError(code, `The controller does not send the secret ${target}: ${why}.`, {
    hint: '`setpoint hosts` shows the keys; `setpoint hosts trust HOST` takes a new one.',
  })
}
