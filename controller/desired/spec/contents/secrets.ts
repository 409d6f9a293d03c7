import { isError } from '../../../../schemas/problem.ts'
import {
  MAX_SECRET_BYTES,
  packSecret,
  type SecretParcel,
  secretDigest,
  UNKNOWN_SECRET,
} from '../../../../schemas/sealing/secret.ts'
import {
  ageFilesIn,
  otherKeepers,
  type SecretFormat,
  secretFormat,
} from '../../../../schemas/sealing/secret-file.ts'
import { isBroken } from '../../../../schemas/sealing/secret-key.ts'
import { isExternal } from '../../compose/external.ts'
import { type Cursor, fail, within } from '../../cursor.ts'
import { quote, textAt } from '../../yaml/node.ts'
import type { Reading } from './contents.ts'

/** What a controller knows of secrets; offline nobody knows it. */
export interface SecretInputs {
  /** The key of the keyed hash that secrets are known by. */
  key: Buffer
  /** The digests of external secrets by name. */
  externals: ReadonlyMap<string, string>
}

/** A secret, where it stands in the file, and what it is called in messages. */
interface Found {
  at: Cursor
  origin: string
  format: SecretFormat
  bytes: Buffer
}

/**
 * Compose Specification §Secrets top-level element: what a secret is known by. Undefined after a problem, which never
 * has anything of the value.
 */
export function secretOf(declared: Cursor, reading: Reading): string | undefined {
  if (isExternal(declared.node)) return externalSecret(declared, reading)
  const file = textAt(declared.node, 'file')
  if (file !== undefined) return fileSecret(within(declared, 'file'), file, reading)
  const at = within(declared, 'environment')
  const variable = textAt(declared.node, 'environment') ?? ''
  const value = reading.variables(variable)
  if (value === undefined && isTold(at)) return undefined
  if (value === undefined) return fail(at, `the variable ${quote(variable)} is not set; ${UNSET}`)
  const bytes = Buffer.from(value)
  return taken({ at, origin: `variable ${variable}`, format: secretFormat(bytes), bytes }, reading)
}

/** The project has no source for it, or no value, and has said so. */
function isTold({ problems, path }: Cursor): boolean {
  return problems.some((problem) => problem.path === path && isError(problem))
}

const UNSET = 'give it a value to the controller with --variables, or keep the secret in an encrypted file'

function fileSecret(at: Cursor, path: string, reading: Reading): string | undefined {
  const found = reading.files.read(path)
  if ('problem' in found) return fail(at, reading.files.list(path) ? `${path} is a folder` : found.problem)
  const { bytes } = found
  return taken({ at, origin: path, format: secretFormat(bytes, path), bytes }, reading)
}

/** A controller keeps external secrets itself. */
function externalSecret(declared: Cursor, { secrets }: Reading): string | undefined {
  if (!secrets) return UNKNOWN_SECRET
  const name = textAt(declared.node, 'name') ?? ''
  const digest = secrets.externals.get(name)
  return (
    digest ?? fail(declared, `there is no external secret ${quote(name)}; run: setpoint secret set ${name}`)
  )
}

function taken({ at, origin, format, bytes }: Found, reading: Reading): string | undefined {
  if (bytes.length > MAX_SECRET_BYTES)
    return fail(at, `is larger than ${MAX_SECRET_BYTES} bytes, the most of a secret`)
  if (isBroken({ format, bytes })) return fail(at, `${origin} ${BROKEN}`)
  if (format !== 'plain' && ageFilesIn(format, bytes).length === 0) {
    const others = otherKeepers(bytes).join(', ') || 'others'
    return fail(
      at,
      `is encrypted with SOPS for ${others}; add an age recipient (\`setpoint hosts\` shows them)`,
    )
  }
  // what the author has encrypted may be known by its bytes; a guess at what is in the clear could be tried
  if (format === 'plain' && !reading.secrets) return UNKNOWN_SECRET
  const parcel: SecretParcel = { origin, pack: packSecret({ format, bytes }, reading.secrets?.key ?? NO_KEY) }
  return reading.keepSecret(secretDigest(parcel.pack), parcel)
}

const BROKEN =
  'begins as a file of age, but is damaged or cut off; encrypt it again, and commit it as age wrote it'
const NO_KEY = Buffer.alloc(0)
