import { extname } from 'node:path'

/** In which form a secret is: in the clear, or as a file that age or SOPS has written. */
export const SECRET_FORMATS = [
  'plain',
  'age',
  'sops-yaml',
  'sops-json',
  'sops-dotenv',
  'sops-ini',
  'sops-binary',
] as const
export type SecretFormat = (typeof SECRET_FORMATS)[number]

/** How a binary age file begins (age-encryption.org/v1), and how one in ASCII armor does. */
const AGE = 'age-encryption.org/v1\n'
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----'

/** The message authentication code that each file of SOPS has, in its five forms. */
const SOPS = {
  yaml: /^sops:[\s\S]*^ +mac: ["']?ENC\[AES256_GCM,/m,
  json: /"sops"\s*:\s*\{[\s\S]*"mac"\s*:\s*"ENC\[AES256_GCM,/,
  dotenv: /^sops_mac=ENC\[AES256_GCM,/m,
  ini: /^\[sops\][\s\S]*^mac\s*=\s*ENC\[AES256_GCM,/m,
}
const BINARY = /^\s*\{\s*"data"\s*:\s*"ENC\[AES256_GCM,[^"]*"\s*,\s*"sops"\s*:/

/**
 * What a file is, by its content; SOPS writes a file of a form that it does not know as JSON, so there its name counts,
 * too. What looks like none of them is in the clear.
 */
export function secretFormat(bytes: Buffer, path = ''): SecretFormat {
  const text = bytes.toString('latin1')
  if (text.startsWith(AGE) || text.trimStart().startsWith(ARMOR)) return 'age'
  if (SOPS.json.test(text))
    return BINARY.test(text) && extname(path) !== '.json' ? 'sops-binary' : 'sops-json'
  if (SOPS.yaml.test(text)) return 'sops-yaml'
  if (SOPS.dotenv.test(text)) return 'sops-dotenv'
  return SOPS.ini.test(text) ? 'sops-ini' : 'plain'
}

/** The recipients of age that a file names: SOPS writes them down, age itself does not. */
export function recipientsIn(bytes: Buffer): string[] {
  return [...new Set(bytes.toString('latin1').match(/\bage1[02-9ac-hj-np-z]{58}\b/g) ?? [])]
}

/** A whole file in ASCII armor, also within a string of JSON or of a dotenv file, where `\n` stands for a line's end. */
const ARMORED = /-----BEGIN AGE ENCRYPTED FILE-----([A-Za-z0-9+/=\s\\]*?)-----END AGE ENCRYPTED FILE-----/g

/** The age files that keep the data key of a SOPS file, one for each recipient; of an age file itself. */
export function ageFilesIn(format: SecretFormat, bytes: Buffer): Buffer[] {
  if (format === 'plain') return []
  const text = bytes.toString('latin1')
  if (format === 'age' && text.startsWith(AGE)) return [bytes]
  return [...text.matchAll(ARMORED)].map(([, body = '']) =>
    Buffer.from(body.replace(/\\n|\s/g, ''), 'base64'),
  )
}

/** Keepers of keys other than age that a SOPS file names: nothing here can ask them. */
export function otherKeepers(bytes: Buffer): string[] {
  const text = bytes.toString('latin1')
  const keepers = { pgp: 'pgp', kms: 'kms', gcp_kms: 'gcp_kms', azure_kv: 'azure_kv', hc_vault: 'hc_vault' }
  return Object.keys(keepers).filter((name) =>
    new RegExp(`(^|["_\\s])${name}(["\\s]*:\\s*(\\[\\s*\\{|\\n\\s*-)|__list_0)`, 'm').test(text),
  )
}
