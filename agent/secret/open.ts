import { SetpointError } from '../../schemas/error.ts'
import { type Secret, type SecretParcel, unpackSecret } from '../../schemas/sealing/secret.ts'
import { otherKeepers, recipientsIn } from '../../schemas/sealing/secret-file.ts'
import { dataKeyOf, openAge } from '../../schemas/sealing/secret-key.ts'
import type { HostKey } from '../host-key.ts'

/**
 * A secret in the clear: as it is, or as `age --decrypt` and `sops --decrypt` print it. The caller overwrites the bytes
 * when they are written.
 * @throws SetpointError SECRET_SEALED naming the file, whom it is for and what key this host has; nothing of its content
 */
export async function openSecret(
  { pack, dataKey, origin }: SecretParcel,
  { target, key }: { target: string; key: HostKey },
): Promise<Buffer> {
  const secret = unpackSecret(pack)
  if (secret.format === 'plain') return Buffer.from(secret.bytes)
  const found = dataKey ?? (await dataKeyOf(key.identity, secret))
  if (!found) throw forOthers(secret, { origin, target, recipient: key.recipient })
  try {
    return await openFile(secret, found)
  } catch (error) {
    const why = error instanceof SetpointError ? error.message : 'it cannot be read.'
    throw new SetpointError('SECRET_SEALED', `${origin}, the secret ${target}, cannot be opened: ${why}`, {
      hint: 'Decrypt it where it was made to see whether it is whole, and commit it again.',
    })
  }
}

async function openFile(secret: Secret, key: Buffer): Promise<Buffer> {
  if (secret.format === 'age') return openAge(secret.bytes, key)
  const { openSops } = await import('./sops/open.ts')
  return openSops(secret, key)
}

function forOthers(
  { format, bytes }: Secret,
  { origin, target, recipient }: { origin: string; target: string; recipient: string },
): SetpointError {
  const named = [...recipientsIn(bytes), ...(format === 'age' ? [] : otherKeepers(bytes))]
  const whom = named.length > 0 ? named.join(', ') : 'others (age does not write down to whom)'
  const message = `${origin}, the secret ${target}, is encrypted to ${whom}; this host has the key ${recipient}.`
  const hint =
    format === 'age'
      ? `Encrypt it again with -r ${recipient} among the recipients.`
      : `Add ${recipient} to .sops.yaml and run \`sops updatekeys ${origin}\`.`
  return new SetpointError('SECRET_SEALED', message, { hint })
}
