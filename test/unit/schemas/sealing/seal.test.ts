import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { armor, Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromBech32, toBech32 } from '../../../../schemas/sealing/bech32.ts'
import {
  isRecipient,
  newIdentity,
  RECIPIENT,
  recipientOf,
  sealTo,
  unseal,
} from '../../../../schemas/sealing/seal.ts'

const CLEAR = Buffer.from('hunter2-Ã¤\0\n')

describe('an identity', () => {
  it('is one of age, with the recipient that age gives it', async () => {
    const [ours, theirs] = [newIdentity(), await generateX25519Identity()]
    for (const identity of [ours, theirs]) {
      expect(recipientOf(identity)).toBe(await identityToRecipient(identity))
      expect(recipientOf(identity)).toMatch(new RegExp(RECIPIENT))
    }
    expect(newIdentity()).not.toBe(ours)
  })

  it.each([
    ['nothing', ''],
    ['lower case', newIdentity().toLowerCase()],
    ['a letter changed', newIdentity().replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q'))],
    ['too short', toBech32('age-secret-key-', Buffer.alloc(31)).toUpperCase()],
    ['a recipient', recipientOf(newIdentity())],
  ])('is refused without being shown: %s', (_, text) => {
    expect(() => recipientOf(text)).toThrow(/^This is no X25519 identity of age\.$/)
  })
})

describe('a recipient', () => {
  it('has a checksum', () => {
    const recipient = recipientOf(newIdentity())
    expect(isRecipient(recipient)).toBe(true)
    expect(isRecipient(recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')))).toBe(false)
    expect(isRecipient(recipient.toUpperCase())).toBe(false)
    expect(isRecipient('age1')).toBe(false)
  })

  // BIP 173, test vectors of valid Bech32
  it.each([
    ['a', 'a12uel5l'],
    ['abcdef', 'abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw'],
  ])('is Bech32 as BIP 173 has it: %s', (prefix, text) => {
    const bytes = fromBech32(prefix, text)
    expect(bytes && toBech32(prefix, bytes)).toBe(text)
    expect(fromBech32(`x${prefix}`, text)).toBeUndefined()
  })
})

describe('what is sealed', () => {
  const [one, two, other] = [newIdentity(), newIdentity(), newIdentity()]

  it('opens with the key of each recipient, and with no other', async () => {
    const sealed = await sealTo([recipientOf(one), recipientOf(two)], CLEAR)
    expect(sealed.includes(CLEAR)).toBe(false)
    for (const identity of [one, two]) expect(await unseal(identity, sealed)).toEqual(CLEAR)
    await expect(unseal(other, sealed)).rejects.toMatchObject({
      code: 'SECRET_SEALED',
      message: 'What is sealed cannot be opened with this key: it is sealed to others.',
    })
  })

  it('is noticed when any byte of it was changed or is missing', async () => {
    const sealed = await sealTo([recipientOf(one)], CLEAR)
    const damaged = [
      ...[0, 30, sealed.length - 40, sealed.length - 1].map((at) => {
        const copy = Buffer.from(sealed)
        copy[at] = (copy[at] ?? 0) ^ 1
        return copy
      }),
      sealed.subarray(0, -1),
      Buffer.alloc(0),
      CLEAR,
    ]
    for (const bytes of damaged) {
      const error = await unseal(one, bytes).catch((reason) => reason)
      expect(error).toMatchObject({ code: 'SECRET_SEALED' })
      expect(`${error.message}${error.cause ?? ''}`).not.toContain('hunter2')
    }
  })
})

describe('what is sealed, of any length,', () => {
  const identity = newIdentity()
  const CHUNK = 64 * 1024

  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])(
    'opens as the library of age opens it: %d bytes',
    async (size) => {
      const clear = randomBytes(size)
      const sealed = await sealTo([recipientOf(identity)], clear)
      expect((await unseal(identity, sealed)).equals(clear)).toBe(true)
      const decrypter = new Decrypter()
      decrypter.addIdentity(identity)
      expect(Buffer.from(await decrypter.decrypt(sealed)).equals(clear)).toBe(true)
    },
  )

  it('is noticed when it ends between two pieces, or has more than it should', async () => {
    const sealed = await sealTo([recipientOf(identity)], randomBytes(2 * CHUNK))
    const piece = CHUNK + 16
    const last = sealed.subarray(-piece)
    for (const bytes of [
      sealed.subarray(0, -piece),
      Buffer.concat([sealed, last]),
      Buffer.concat([sealed, Buffer.alloc(16)]),
    ])
      await expect(unseal(identity, bytes)).rejects.toMatchObject({ code: 'SECRET_SEALED' })
  })

  it.each([
    ['a header without an end', 'age-encryption.org/v1\n-> X25519 AAAA\n'],
    ['no stanza', `age-encryption.org/v1\n--- ${'A'.repeat(43)}\n`],
    [
      'a body without an end',
      `age-encryption.org/v1\n-> X25519 ${'A'.repeat(43)}\n${'A'.repeat(64)}\n--- ${'A'.repeat(43)}\n`,
    ],
    [
      'a share of low order',
      `age-encryption.org/v1\n-> X25519 ${'A'.repeat(43)}\n${'A'.repeat(43)}\n--- ${'A'.repeat(43)}\n`,
    ],
    [
      'another version',
      `age-encryption.org/v2\n-> X25519 ${'A'.repeat(43)}\n${'A'.repeat(43)}\n--- ${'A'.repeat(43)}\n`,
    ],
  ])('is refused: %s', async (_, text) => {
    await expect(unseal(identity, Buffer.from(text))).rejects.toMatchObject({ code: 'SECRET_SEALED' })
  })
})

describe("Debian's age", () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seal-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const age = (args: string[], input?: Buffer) => execFileSync('age', args, { input, timeout: 10_000 })

  it('opens what is sealed here', async () => {
    const identity = newIdentity()
    const file = join(folder, 'key')
    writeFileSync(file, `# a comment\n${identity}\n`, { mode: 0o600 })
    expect(age(['-d', '-i', file], await sealTo([recipientOf(identity)], CLEAR))).toEqual(CLEAR)
  })

  it('makes keys and seals what is opened here, armored or not', async () => {
    const file = join(folder, 'keygen')
    execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' })
    const identity = /^AGE-SECRET-KEY-1.*$/m.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
    const to = ['-e', '-r', recipientOf(newIdentity()), '-r', recipientOf(identity)]
    expect(await unseal(identity, age(to, CLEAR))).toEqual(CLEAR)
    const armored = age([...to, '-a'], CLEAR).toString()
    expect(await unseal(identity, armor.decode(armored))).toEqual(CLEAR)
  })
})
