import { readFile } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import { unseal } from '../../schemas/sealing/seal.ts'
import { MAX_SECRET_BYTES, packSecret, secretDigest } from '../../schemas/sealing/secret.ts'
import { secretFormat } from '../../schemas/sealing/secret-file.ts'
import { isBroken } from '../../schemas/sealing/secret-key.ts'
import Type, { type Static } from '../../schemas/type.ts'
import { reader } from '../../schemas/validate.ts'
import { isCode, writeAtomically } from '../state/files.ts'
import type { ControllerKeys } from '../state/keys.ts'
import type { Vault } from './vault.ts'

/** A secret that a person has given the controller, for stacks that name it with `external: true`. */
export type ExternalSecret = Static<typeof ExternalSecret>
const ExternalSecret = Type.Object(
  {
    name: Type.String(),
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** ISO time. */
    set: Type.String(),
  },
  { additionalProperties: false },
)
const checkSecrets = reader(Type.Array(ExternalSecret))

export interface ExternalSecrets {
  /** Digests by name; the same value as long as none of them changes. */
  digests(): ReadonlyMap<string, string>
  list(): ExternalSecret[]
  /**
   * @param sealed to this controller's recipient
   * @throws SetpointError USAGE for a name that cannot be, SECRET_SEALED
   */
  set(name: string, sealed: Buffer): Promise<ExternalSecret>
  /** @throws SetpointError SECRET_NOT_FOUND */
  remove(name: string): Promise<void>
}

export interface ExternalSecretsOptions {
  file: string
  keys: Pick<ControllerKeys, 'identity' | 'digestKey'>
  vault: Pick<Vault, 'keep'>
  now: () => Date
}

/** Docker's rule for the name of a secret. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const MAX_SECRETS = 10_000

/** Their list in a file; what they hold is in the vault. @throws Error for a list that cannot be read: nothing is forgotten */
export async function openExternalSecrets(options: ExternalSecretsOptions): Promise<ExternalSecrets> {
  const { file, keys, vault, now } = options
  let secrets = await load(file)
  let digests = digestsOf(secrets)

  async function replace(next: Map<string, ExternalSecret>): Promise<void> {
    await writeAtomically(file, `${JSON.stringify([...next.values()], null, 1)}\n`)
    secrets = next
    digests = digestsOf(next)
  }

  return {
    digests: () => digests,
    list: () => [...secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    async set(name, sealed) {
      checkName(name)
      if (!secrets.has(name) && secrets.size >= MAX_SECRETS)
        throw usage(`there are ${MAX_SECRETS} secrets already`)
      const bytes = await unseal(keys.identity, sealed)
      if (bytes.length === 0) throw usage('an empty secret is a mistake')
      if (bytes.length > MAX_SECRET_BYTES) throw usage(`a secret has at most ${MAX_SECRET_BYTES} bytes`)
      const given = { format: secretFormat(bytes), bytes }
      if (isBroken(given)) throw usage('it begins as a file of age, but is damaged or cut off')
      const pack = packSecret(given, keys.digestKey)
      const secret = { name, digest: secretDigest(pack), set: now().toISOString() }
      await vault.keep(secret.digest, { origin: `external secret ${name}`, pack })
      bytes.fill(0)
      await replace(new Map([...secrets, [name, secret]]))
      return secret
    },
    async remove(name) {
      if (!secrets.has(name)) throw notFound(name, [...secrets.keys()])
      await replace(new Map([...secrets].filter(([key]) => key !== name)))
    },
  }
}

async function load(file: string): Promise<Map<string, ExternalSecret>> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (isCode(error, 'ENOENT')) return '[]'
    throw error
  })
  const secrets = checkSecrets(parsed(text))
  if (secrets.ok) return new Map(secrets.value.map((secret) => [secret.name, secret]))
  throw new SetpointError('USAGE', `${file} is no list of secrets: ${secrets.message}`, {
    hint: 'Put it back from a backup, or move it away and set the external secrets again.',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function digestsOf(secrets: Map<string, ExternalSecret>): ReadonlyMap<string, string> {
  return new Map([...secrets.values()].map(({ name, digest }) => [name, digest]))
}

function checkName(name: string): void {
  if (!NAME.test(name)) throw usage(`${JSON.stringify(name.slice(0, 100))} is no name for one`)
}

function usage(why: string): SetpointError {
  return new SetpointError('USAGE', `The secret was not set: ${why}.`, {
    hint: 'A name has letters, digits, `.`, `_` and `-`, 64 at most; the value comes on standard input.',
  })
}

function notFound(name: string, names: string[]): SetpointError {
  const hint = names.length === 0 ? 'No secret is set.' : `There are: ${names.sort().join(', ')}.`
  return new SetpointError('SECRET_NOT_FOUND', `There is no secret ${name}.`, { hint })
}
