import { SetpointError } from '../error.ts'
import { fileKeyOf, parseAge, payloadOf } from './age-file.ts'
import { privateBytes, unseal } from './seal.ts'
import type { Secret } from './secret.ts'
import { ageFilesIn } from './secret-file.ts'

/** Files sealed to more recipients than so are not opened. */
const MAX_RECIPIENTS = 200

/**
 * The key that opens a file which its author has encrypted: the file key of age, or the data key of SOPS. Undefined when
 * the file is for others than this identity. It opens nothing of a file that is damaged.
 */
export async function dataKeyOf(identity: string, { format, bytes }: Secret): Promise<Buffer | undefined> {
  const files = ageFilesIn(format, bytes).slice(0, MAX_RECIPIENTS)
  for (const file of files) {
    const key = await (format === 'age' ? fileKey(identity, file) : dataKey(identity, file))
    if (key) return key
  }
  return undefined
}

/** Whether what begins as a file of age cannot be one, whoever it is for. */
export function isBroken({ format, bytes }: Secret): boolean {
  if (format !== 'age') return false
  const [binary] = ageFilesIn(format, bytes)
  return !binary || !parseAge(binary)
}

/** The content of an age file, by its file key. @throws SetpointError SECRET_SEALED when the file is damaged */
export function openAge(bytes: Buffer, key: Buffer): Buffer {
  const [binary] = ageFilesIn('age', bytes)
  const file = binary && parseAge(binary)
  const content = file && payloadOf(file, key)
  if (!content) throw new SetpointError('SECRET_SEALED', 'The file of age is damaged.')
  return content
}

function fileKey(identity: string, bytes: Buffer): Buffer | undefined {
  const file = parseAge(bytes)
  return file && fileKeyOf(file, privateBytes(identity))
}

async function dataKey(identity: string, file: Buffer): Promise<Buffer | undefined> {
  const key = await unseal(identity, file).catch(() => undefined)
  return key?.length === 32 ? key : undefined
}
