import { join } from 'node:path'
import { messageOf } from '../schemas/error.ts'
import type { Log } from '../schemas/log.ts'
import type { StackSpec } from '../schemas/stack.ts'
import { externalConfigs } from './delivery/externals.ts'
import { keepStack, usedDigests } from './delivery/needs.ts'
import { type ContentStore, openContentStore } from './delivery/store.ts'
import { type ExternalSecrets, openExternalSecrets } from './secret/externals.ts'
import { createVault, keepSecrets, type Vault } from './secret/vault.ts'
import type { SourceContents } from './sources/follow-source.ts'
import type { HostKeys } from './state/host-keys.ts'
import type { ControllerKeys } from './state/keys.ts'

/** What stacks mount, as this controller keeps it: packs in the clear, secrets sealed to itself. */
export interface StackContents extends SourceContents {
  packs: ContentStore
  vault: Vault
  externalSecrets: ExternalSecrets
  /** Removes what neither these specs nor an external secret names any more; a failure is told of in the log. */
  sweep(specs: StackSpec[]): Promise<void>
}

interface ContentsOptions {
  /** The state folder, where an operator puts external configs. */
  state: string
  /** The controller's own folder in it. */
  folder: string
  keys: ControllerKeys
  hostKeys: HostKeys
  log: Log
  now: () => Date
}

/** Opens what is kept in `<state>/controller/contents` and `secrets`, and looks at what is given beside the sources. */
export async function openContents(options: ContentsOptions): Promise<StackContents> {
  const { state, folder, keys, hostKeys, log, now } = options
  const packs = await openContentStore({ folder: join(folder, 'contents'), log })
  // A sealed secret cannot be compared with its digest; age itself tells when one is damaged.
  const sealed = await openContentStore({ folder: join(folder, 'secrets'), log, isIntact: () => true })
  const vault = createVault({ store: sealed, keys, hostKeys, log })
  const listed = join(folder, 'external-secrets.json')
  const externalSecrets = await openExternalSecrets({ file: listed, keys, vault, now })
  const configs = externalConfigs(join(state, 'configs'), log)
  await configs.look()

  return {
    ...configs,
    packs,
    vault,
    externalSecrets,
    secrets: () => ({ key: keys.digestKey, externals: externalSecrets.digests() }),
    keep: ({ contents, secrets }) => both(keepStack(contents, packs), keepSecrets(secrets, vault)),
    async sweep(specs) {
      const used = usedDigests(specs)
      for (const digest of externalSecrets.digests().values()) used.add(digest)
      await Promise.all([packs, sealed].map((store) => store.sweep((digest) => used.has(digest)))).catch(
        (error) =>
          log.warn({ problem: messageOf(error) }, 'Content that is not used any more cannot be removed'),
      )
    },
  }
}

/** Undefined when neither has anything to do. */
function both(a: Promise<void> | undefined, b: Promise<void> | undefined): Promise<void> | undefined {
  return a || b ? Promise.all([a, b]).then(() => {}) : undefined
}
