import type { ContentMount } from '../../../../schemas/content.ts'
import type { PackEntry } from '../../../../schemas/pack.ts'
import type { SecretParcel } from '../../../../schemas/sealing/secret.ts'
import type { Lookup } from '../../compose/variables/template.ts'
import { type Cursor, entriesOf, within } from '../../cursor.ts'
import type { Files } from '../../files/files.ts'
import { valueAt } from '../../yaml/node.ts'
import { repositoryMounts } from './binds.ts'
import { fileMounts } from './files.ts'
import type { Packed } from './packs.ts'
import { type SeccompProfiles, seccompProfiles } from './seccomp-profiles.ts'
import type { SecretInputs } from './secrets.ts'

export interface ContentInputs {
  files: Files
  /** The variables of the stack, of which configs may be made. */
  variables: Lookup
  /** What external configs hold, by name; undefined where nobody knows, as offline. */
  externals?: ReadonlyMap<string, Buffer> | undefined
  secrets?: SecretInputs | undefined
}

/** What the services of a stack mount of the repository and of values. */
export interface Contents {
  /** By service. */
  mounts: Map<string, ContentMount[]>
  /** By digest: what is to be delivered. */
  packs: Map<string, PackEntry[]>
  /** What their containers are confined by. */
  profiles: SeccompProfiles
  /** By digest: what is to be sealed. */
  secrets: Map<string, SecretParcel>
}

/** What services mount, as it is read. */
export interface Reading extends ContentInputs {
  /** The resolved model. */
  model: Cursor
  /** Takes what is to be delivered, and gives its digest. */
  deliver(packed: Packed): string
  /** Takes what is to be sealed, and gives its digest. */
  keepSecret(digest: string, parcel: SecretParcel): string
  /** Once a stack: that what comes from the repository cannot be written. */
  isToldReadOnly: boolean
}

/**
 * What each service of a resolved model mounts of the repository or of values: its configs, secrets and relative bind
 * mounts, each with the hash of its bytes, so that a commit that changes one replaces the tasks that use it.
 */
export function readContents(model: Cursor, inputs: ContentInputs): Contents {
  const packs = new Map<string, PackEntry[]>()
  const secrets = new Map<string, SecretParcel>()
  const reading: Reading = {
    ...inputs,
    model,
    deliver({ digest, entries }) {
      packs.set(digest, entries)
      return digest
    },
    keepSecret(digest, parcel) {
      secrets.set(digest, parcel)
      return digest
    },
    isToldReadOnly: false,
  }
  const services = valueAt(model.node, 'services') ? (entriesOf(within(model, 'services')) ?? []) : []
  const mounts = services.map(([name, at]) => [name, contentsOf(at, reading)] as const)
  const profiles = seccompProfiles(
    services.map(([, at]) => at),
    inputs.files,
  )
  return { mounts: new Map(mounts), packs, profiles, secrets }
}

function contentsOf(service: Cursor, reading: Reading): ContentMount[] {
  return [
    ...fileMounts(service, 'configs', reading),
    ...fileMounts(service, 'secrets', reading),
    ...repositoryMounts(service, reading),
  ]
}
