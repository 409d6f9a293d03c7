import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { armor } from 'age-encryption'
import { sealTo } from '../../schemas/sealing/seal.ts'

/**
 * Files as SOPS writes them, for tests: made from the description of its format, by other code than what opens them. The
 * opener was also tried, by hand, on the encrypted examples in the repository of SOPS.
 */
export interface SopsFile {
  text: string
  dataKey: Buffer
}

export interface SopsOptions {
  recipients: string[]
  unencryptedSuffix?: string
  encryptedRegex?: string
  macOnlyEncrypted?: boolean
}

export type Leaf = string | number | boolean | null
/** Maps as lists of entries, so that their order is kept. */
export type Branch = Map<string, Leaf | Branch | (Leaf | Branch)[]>

const MODIFIED = '2026-01-01T10:00:00Z'

/** A cipher over one file: opens its checksum in the end. */
function cipherOf(key: Buffer, { unencryptedSuffix, encryptedRegex, macOnlyEncrypted }: SopsOptions) {
  const hash = createHash('sha512')
  if (macOnlyEncrypted) hash.update(Buffer.from('ij/SrVTOZlJ7EDTz0Ue+CwuXWzv0T3LG/a3sgXbyfWk=', 'base64'))
  const seal = (clear: string | Buffer, place: string, type: string) => {
    const iv = randomBytes(32)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place))
    const data = Buffer.concat([cipher.update(clear), cipher.final()])
    const [text, nonce, tag] = [data, iv, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'))
    return `ENC[AES256_GCM,data:${text},iv:${nonce},tag:${tag},type:${type}]`
  }
  return {
    seal,
    leaf(value: Exclude<Leaf, null> | Buffer, path: string[]): Exclude<Leaf, null> {
      const kept =
        (unencryptedSuffix && path.some((key) => key.endsWith(unencryptedSuffix))) ||
        (encryptedRegex && !path.some((key) => new RegExp(encryptedRegex).test(key)))
      const type =
        typeof value === 'boolean'
          ? 'bool'
          : typeof value === 'number'
            ? Number.isInteger(value)
              ? 'int'
              : 'float'
            : 'str'
      const clear =
        typeof value === 'boolean' ? (value ? 'True' : 'False') : Buffer.isBuffer(value) ? value : `${value}`
      if (!kept || !macOnlyEncrypted) hash.update(clear)
      if (kept) return value as Exclude<Leaf, null>
      return clear.length === 0 ? '' : seal(clear, `${path.join(':')}:`, type)
    },
    mac: () => seal(hash.digest('hex').toUpperCase(), MODIFIED, 'str'),
  }
}

async function metadata(key: Buffer, options: SopsOptions): Promise<[string, string][]> {
  const entries: [string, string][] = []
  for (const recipient of options.recipients) {
    entries.push([recipient, armor.encode(await sealTo([recipient], key))])
  }
  return entries
}

function rules({
  unencryptedSuffix,
  encryptedRegex,
  macOnlyEncrypted,
}: SopsOptions): [string, string | boolean][] {
  return [
    ...(unencryptedSuffix ? [['unencrypted_suffix', unencryptedSuffix] as [string, string]] : []),
    ...(encryptedRegex ? [['encrypted_regex', encryptedRegex] as [string, string]] : []),
    ...(macOnlyEncrypted ? [['mac_only_encrypted', true] as [string, boolean]] : []),
    ['version', '3.9.0'],
  ]
}

const COMMENT = /^#/

/** YAML; a key that begins with `#` is a comment line above the next key. */
export async function sopsYaml(data: Branch, options: SopsOptions): Promise<SopsFile> {
  const dataKey = randomBytes(32)
  const cipher = cipherOf(dataKey, options)
  const write = (value: Leaf | Branch | (Leaf | Branch)[], path: string[], indent: string): string => {
    if (value === null) return ' null\n'
    if (value instanceof Map) return `\n${map(value, path, indent)}`
    if (Array.isArray(value))
      return `\n${value
        .map((item) =>
          item instanceof Map
            ? `${indent}- ${map(item, path, `${indent}  `).trimStart()}`
            : `${indent}-${write(item, path, indent)}`,
        )
        .join('')}`
    const leaf = cipher.leaf(value, path)
    return ` ${leaf === '' ? '""' : leaf}\n`
  }
  const map = (branch: Branch, path: string[], indent: string): string =>
    [...branch]
      .map(([name, value]) =>
        COMMENT.test(name)
          ? `${indent}#${cipher.seal(name.slice(1), `${path.join(':')}:`, 'comment')}\n`
          : `${indent}${name}:${write(value, [...path, name], `${indent}    `)}`,
      )
      .join('')
  const body = map(data, [], '')
  const age = (await metadata(dataKey, options))
    .map(
      ([recipient, enc]) =>
        `        - recipient: ${recipient}\n          enc: |\n${enc.trimEnd().replace(/^/gm, '            ')}\n`,
    )
    .join('')
  const rest = rules(options)
    .map(([name, value]) => `    ${name}: ${value}\n`)
    .join('')
  const text = `${body}sops:\n    kms: []\n    pgp: []\n    age:\n${age}    lastmodified: "${MODIFIED}"\n    mac: ${cipher.mac()}\n${rest}`
  return { text, dataKey }
}

/** JSON: numbers are kept as SOPS keeps them there. */
export async function sopsJson(data: Branch, options: SopsOptions): Promise<SopsFile> {
  const dataKey = randomBytes(32)
  const cipher = cipherOf(dataKey, options)
  const write = (value: Leaf | Branch | (Leaf | Branch)[], path: string[]): string => {
    if (value === null) return 'null'
    if (Array.isArray(value)) return `[${value.map((item) => write(item, path)).join(', ')}]`
    if (value instanceof Map) return `{${entries(value, path).join(', ')}}`
    return JSON.stringify(cipher.leaf(value, path))
  }
  const entries = (branch: Branch, path: string[]) =>
    [...branch].map(([name, value]) => `${JSON.stringify(name)}: ${write(value, [...path, name])}`)
  return {
    text: `{${[...entries(data, []), await jsonMetadata(cipher, dataKey, options)].join(',\n')}}\n`,
    dataKey,
  }
}

/** What SOPS makes of a file of any other kind. */
export async function sopsBinary(content: Buffer, options: SopsOptions): Promise<SopsFile> {
  const dataKey = randomBytes(32)
  const cipher = cipherOf(dataKey, options)
  const data = `\t"data": ${JSON.stringify(cipher.leaf(content, ['data']))}`
  return { text: `{\n${data},\n\t${await jsonMetadata(cipher, dataKey, options)}\n}`, dataKey }
}

async function jsonMetadata(
  cipher: ReturnType<typeof cipherOf>,
  key: Buffer,
  options: SopsOptions,
): Promise<string> {
  const age = (await metadata(key, options)).map(([recipient, enc]) => ({ recipient, enc }))
  const own = {
    kms: null,
    pgp: null,
    age,
    lastmodified: MODIFIED,
    mac: cipher.mac(),
    ...Object.fromEntries(rules(options)),
  }
  return `"sops": ${JSON.stringify(own)}`
}

/** dotenv; an entry without a value is a comment. */
export async function sopsDotenv(lines: [string, string?][], options: SopsOptions): Promise<SopsFile> {
  const dataKey = randomBytes(32)
  const cipher = cipherOf(dataKey, options)
  const body = lines.map(([key, value]) =>
    value === undefined ? `#${cipher.seal(key, ':', 'comment')}` : `${key}=${cipher.leaf(value, [key])}`,
  )
  const age = (await metadata(dataKey, options)).flatMap(([recipient, enc], at) => [
    `sops_age__list_${at}__map_enc=${enc.trimEnd().replaceAll('\n', '\\n')}\\n`,
    `sops_age__list_${at}__map_recipient=${recipient}`,
  ])
  const rest = rules(options).map(([name, value]) => `sops_${name}=${value}`)
  return {
    text: `${[...body, ...age, `sops_lastmodified=${MODIFIED}`, `sops_mac=${cipher.mac()}`, ...rest].join('\n')}\n`,
    dataKey,
  }
}

/** INI, by sections. */
export async function sopsIni(
  sections: Record<string, Record<string, string>>,
  options: SopsOptions,
): Promise<SopsFile> {
  const dataKey = randomBytes(32)
  const cipher = cipherOf(dataKey, options)
  const body = Object.entries(sections).map(
    ([section, keys]) =>
      `[${section}]\n${Object.entries(keys)
        .map(([key, value]) => `${key.padEnd(8)} = ${cipher.leaf(value, [section, key])}\n`)
        .join('')}`,
  )
  const age = (await metadata(dataKey, options)).flatMap(([recipient, enc], at) => [
    `age__list_${at}__map_recipient = ${recipient}`,
    `age__list_${at}__map_enc       = ${enc.replaceAll('\n', '\\n')}`,
  ])
  const rest = rules(options).map(([name, value]) => `${name} = ${value}`)
  const own = ['[sops]', ...age, `lastmodified = ${MODIFIED}`, `mac = ${cipher.mac()}`, ...rest]
  return { text: `${body.join('\n')}\n${own.join('\n')}\n`, dataKey }
}
