import { sealedKey } from '../../schemas/wire.ts'
import type { Handover, Need } from '../delivery/delivery.ts'
import type { Vault } from './vault.ts'

/** What is handed over of the secrets that tasks on a host mount: to that host alone. */
export function handoversOf({ host, contents }: Need, vault: Pick<Vault, 'sealFor'>): Handover[] {
  return contents
    .filter(({ kind }) => kind === 'secret')
    .map(({ digest }) => ({ key: sealedKey(host, digest), bytes: () => vault.sealFor(host, digest) }))
}
