import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openSops } from '../../../../agent/secret/sops/open.ts'
import { newIdentity, recipientOf } from '../../../../schemas/sealing/seal.ts'
import { recipientsIn, secretFormat } from '../../../../schemas/sealing/secret-file.ts'
import { dataKeyOf } from '../../../../schemas/sealing/secret-key.ts'
import {
  type Branch,
  type SopsFile,
  sopsBinary,
  sopsDotenv,
  sopsIni,
  sopsJson,
  sopsYaml,
} from '../../../support/sops.ts'

const identity = newIdentity()
const recipient = recipientOf(identity)
const other = recipientOf(newIdentity())
const to = { recipients: [other, recipient] }

/** From the file alone, as an agent does it. */
async function opened({ text }: SopsFile, path: string): Promise<string> {
  const bytes = Buffer.from(text)
  const secret = { format: secretFormat(bytes, path), bytes }
  const key = await dataKeyOf(identity, secret)
  if (!key) throw new Error('no data key')
  return openSops(secret, key).toString()
}

const DATA: Branch = new Map<string, unknown>([
  ['#about the database', null],
  ['user', 'eve'],
  ['port', 5432],
  ['ratio', 0.25],
  ['tls', true],
  ['plain', false],
  ['empty', ''],
  ['nothing', null],
  ['digits', '0123'],
  ['word', 'yes'],
  ['lines', 'one\ntwo\n'],
  ['colon', 'a: b # c'],
  ['list', ['x', new Map([['y', 'z']]), 3]],
  [
    'deep',
    new Map([
      ['#inside', null],
      ['er', new Map([['key', 'value']])],
    ] as never),
  ],
]) as never

const CLEAR = {
  ...{
    user: 'eve',
    port: 5432,
    ratio: 0.25,
    tls: true,
    plain: false,
    empty: '',
    nothing: null,
    digits: '0123',
  },
  ...{
    word: 'yes',
    lines: 'one\ntwo\n',
    colon: 'a: b # c',
    list: ['x', { y: 'z' }, 3],
    deep: { er: { key: 'value' } },
  },
}

describe('a file of SOPS', () => {
  it('in YAML: every type, comments, and the order of keys', async () => {
    const file = await sopsYaml(DATA, to)
    const text = await opened(file, 'db.yaml')
    expect(parse(text)).toEqual(CLEAR)
    expect(Object.keys(parse(text))).toEqual(Object.keys(CLEAR))
    expect(text).toMatch(/^#about the database\nuser: eve\nport: 5432\nratio: 0.25\ntls: true\n/)
    expect(text).toContain('lines: |\n    one\n    two\n')
    expect(text).toContain('#inside\n')
    expect(text).toContain('word: "yes"\n') // for readers of YAML 1.1, as Go writes it
    expect(text).not.toContain('sops')
  })

  it('in JSON, with keys that look like numbers in their order', async () => {
    const data = new Map<string, unknown>([...DATA].filter(([key]) => !key.startsWith('#') && key !== 'deep'))
    const file = await sopsJson(new Map([['10', 'ten'], ['9', 'nine'], ...data]) as never, to)
    const text = await opened(file, 'db.json')
    const { deep: _, ...rest } = CLEAR
    expect(JSON.parse(text)).toEqual({ 10: 'ten', 9: 'nine', ...rest })
    expect(text).toMatch(/^\{\n\t"10": "ten",\n\t"9": "nine",\n\t"user": "eve"/)
  })

  it('in dotenv', async () => {
    const file = await sopsDotenv([['the key'], ['API_KEY', 'a=b'], ['PEM', 'one\ntwo'], ['EMPTY', '']], to)
    expect(await opened(file, '.env')).toBe('#the key\nAPI_KEY=a=b\nPEM=one\\ntwo\nEMPTY=\n')
  })

  it('in INI', async () => {
    const file = await sopsIni({ db: { user: 'eve', password: 'p=q' }, web: { port: '80', note: 'a;b' } }, to)
    expect(await opened(file, 'app.ini')).toBe(
      '[db]\nuser     = eve\npassword = p=q\n\n[web]\nport     = 80\nnote     = `a;b`\n',
    )
  })

  it('of any other kind, byte by byte', async () => {
    const content = Buffer.from([0, 255, 10, 13, 34])
    const bytes = Buffer.from((await sopsBinary(content, to)).text)
    const secret = { format: secretFormat(bytes, 'tls.key'), bytes }
    expect(secret.format).toBe('sops-binary')
    const key = (await dataKeyOf(identity, secret)) ?? Buffer.alloc(32)
    expect(openSops(secret, key)).toEqual(content)
  })

  it.each([
    ['a suffix that is left in the clear', { unencryptedSuffix: '_unencrypted' }],
    ['keys that are encrypted', { encryptedRegex: '^(password|deep)$' }],
    ['a checksum over what is encrypted', { encryptedRegex: '^password$', macOnlyEncrypted: true }],
  ])('with %s', async (_, rule) => {
    const data: Branch = new Map<string, never>([
      ['host_unencrypted', 'db.example'],
      ['password', 'hunter2'],
      ['port', 1],
      ['deep', new Map([['a', 'b']])],
    ] as never)
    const file = await sopsYaml(data, { ...to, ...rule })
    expect(file.text).not.toContain('hunter2')
    expect(file.text).toContain('host_unencrypted: db.example')
    const clear = { host_unencrypted: 'db.example', password: 'hunter2', port: 1, deep: { a: 'b' } }
    expect(parse(await opened(file, 'a.yaml'))).toEqual(clear)
  })

  it('names its recipients', async () => {
    const file = await sopsYaml(DATA, to)
    expect(recipientsIn(Buffer.from(file.text))).toEqual([other, recipient])
  })
})

describe('a file of SOPS that was changed by hand', () => {
  const secret = 'hunter2-canary'
  const data: Branch = new Map<string, never>([
    ['a', secret],
    ['b', 'other'],
    ['c_unencrypted', 'clear'],
  ] as never)
  const rule = { ...to, unencryptedSuffix: '_unencrypted' }
  const swap = (text: string) => text.replace(/^a: (.*)\nb: (.*)$/m, 'a: $2\nb: $1')

  it.each([
    ['a value in the place of another', swap],
    [
      'a value in the clear in the place of an encrypted one',
      (text: string) => text.replace(/^b: .*$/m, 'b: mine'),
    ],
    ['a value in the clear changed', (text: string) => text.replace('clear', 'dirty')],
    ['a value removed', (text: string) => text.replace(/^b: .*\n/m, '')],
    [
      'a byte of a value',
      (text: string) => text.replace(/data:./, (found) => `data:${found.endsWith('A') ? 'B' : 'A'}`),
    ],
    ['the time of the last change', (text: string) => text.replace('2026-01-01T10', '2026-01-01T11')],
    ['the checksum taken out', (text: string) => text.replace(/^ {4}mac: .*\n/m, '')],
    [
      'a rule for comments',
      (text: string) => text.replace('    version', '    encrypted_comment_regex: x\n    version'),
    ],
    ['an alias', (text: string) => text.replace(/^c_un.*$/m, 'c_unencrypted: &x clear\nd_unencrypted: *x')],
    ['two documents', (text: string) => `${text}---\n${text}`],
    ['no YAML', (text: string) => `${text}\n: [`],
    [
      'an expression that never ends',
      (text: string) =>
        text
          .replace('unencrypted_suffix: _unencrypted', 'unencrypted_regex: ^(b+)+$')
          .replace(/^b:/m, `${'b'.repeat(40)}x:`),
    ],
  ])('is refused without a word of what is in it: %s', async (_, change) => {
    const file = await sopsYaml(data, rule)
    const text = change(file.text)
    expect(text).not.toBe(file.text)
    const error = await Promise.resolve()
      .then(() => openSops({ format: 'sops-yaml', bytes: Buffer.from(text) }, file.dataKey))
      .catch((reason) => reason)
    expect(error).toMatchObject({ code: 'SECRET_SEALED' })
    expect(error.message).not.toContain('canary')
  })
})

describe('what a file is', () => {
  it.each([
    ['a password', 'hunter2\n', 'plain'],
    ['YAML with a key sops', 'sops: yes\n', 'plain'],
    ['JSON', '{"sops": {"mac": "x"}}', 'plain'],
    ['age', 'age-encryption.org/v1\n-> X25519 x\n', 'age'],
    ['armored age', '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n', 'age'],
  ])('is told by its content: %s', (_, text, format) => {
    expect(secretFormat(Buffer.from(text), 'x.yaml')).toBe(format)
  })
})
