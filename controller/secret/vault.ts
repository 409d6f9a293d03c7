import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { sealTo, unseal } from '../../schemas/sealing/seal.ts'
import {
  refusal,
  type SecretParcel,
  unpackSecret,
  unwrapSecret,
  wrapSecret,
} from '../../schemas/sealing/secret.ts'
import { dataKeyOf } from '../../schemas/sealing/secret-key.ts'
import type { ContentStore } from '../delivery/store.ts'
import type { HostKeys } from '../state/host-keys.ts'
import type { ControllerKeys } from '../state/keys.ts'

/** What the controller keeps of secrets: sealed to itself on its disk, in the clear only while it seals them to a host. */
export interface Vault {
  has(digest: string): boolean
  /** Keeps a secret under its digest; does nothing when it has it. */
  keep(digest: string, parcel: SecretParcel): Promise<void>
  /** The same, for what came sealed to this controller. */
  keepSealed(digest: string, sealed: Buffer): Promise<void>
  /**
   * What a host is sent of a secret: it sealed to that host's key, or a refusal where that key is not sure. Undefined when
   * this controller does not have the secret.
   */
  sealFor(host: string, digest: string): Promise<Buffer | undefined>
}

export interface VaultOptions {
  store: Pick<ContentStore, 'has' | 'keep' | 'read'>
  keys: Pick<ControllerKeys, 'identity' | 'recipient'>
  hostKeys: Pick<HostKeys, 'recipientFor' | 'settled'>
  log: Log
}

/** The vault over a store of sealed bytes. */
export function createVault({ store, keys, hostKeys, log }: VaultOptions): Vault {
  /** A file that is encrypted to the controller is opened on the host all the same, with the key that goes along. */
  async function forHost(sealed: Buffer, recipient: string): Promise<Buffer> {
    const parcel = unwrapSecret(await unseal(keys.identity, sealed))
    const secret = unpackSecret(parcel.pack)
    const dataKey = secret.format === 'plain' ? undefined : await dataKeyOf(keys.identity, secret)
    return sealTo([recipient], wrapSecret({ ...parcel, ...(dataKey && { dataKey }) }))
  }

  return {
    has: store.has,
    keep: (digest, parcel) =>
      store.keep(digest, async () => [await sealTo([keys.recipient], wrapSecret(parcel))]),
    keepSealed: (digest, sealed) => store.keep(digest, () => [sealed]),
    async sealFor(host, digest) {
      await hostKeys.settled()
      const recipient = recipientOr(() => hostKeys.recipientFor(host))
      if (Buffer.isBuffer(recipient)) {
        log.error({ host, digest }, 'A secret is not sent to a host whose key is not sure')
        return recipient
      }
      const sealed = await store.read(digest)
      return sealed && forHost(sealed, recipient)
    },
  }
}

/** Keeps all secrets of a stack; undefined when they are kept already. It rejects when one cannot be written. */
export function keepSecrets(
  secrets: ReadonlyMap<string, SecretParcel>,
  vault: Pick<Vault, 'has' | 'keep'>,
): Promise<void> | undefined {
  const isKept = [...secrets.keys()].every(vault.has)
  const keeping = Promise.all([...secrets].map(([digest, parcel]) => vault.keep(digest, parcel))).then(
    () => {},
  )
  return isKept ? undefined : keeping
}

function recipientOr(recipientFor: () => string): string | Buffer {
  try {
    return recipientFor()
  } catch (error) {
    const code = error instanceof SetpointError ? error.code : 'INTERNAL'
    if (code === 'HOST_KEY_CHANGED' || code === 'HOST_KEY_MISSING') return refusal(code)
    throw error
  }
}
