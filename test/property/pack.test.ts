import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PackEntry, packChunks, packDigest, packEntries, unpack } from '../../schemas/pack.ts'

const name = fc
  .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed())
const content = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const entry = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
  kind: fc.constantFrom<PackEntry['kind']>('file', 'executable'),
  content,
})

/** Entries of which none stands in the way of another. */
const tree = fc
  .uniqueArray(entry, { minLength: 1, maxLength: 12, selector: ({ path }) => path })
  .map((entries) => entries.filter(({ path }) => !entries.some((other) => path.startsWith(`${other.path}/`))))

const bytesOf = (entries: PackEntry[]) => Buffer.concat([...packChunks(entries)])

describe('packs', () => {
  it('give back any tree, whatever the order it was read in', () => {
    fc.assert(
      fc.property(tree, (entries) => {
        const packed = packEntries(entries)
        expect(unpack(bytesOf(packed))).toEqual(packed)
        expect(packEntries(entries.toReversed())).toEqual(packed)
        expect(packDigest(packChunks(packed))).toBe(packDigest([bytesOf(packed)]))
      }),
    )
  })

  it('that are damaged are refused or mean themselves: bytes that are taken are those of what they gave', () => {
    const damage = fc.array(fc.record({ at: fc.nat(400), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(tree, damage, (entries, changes) => {
        const bytes = bytesOf(packEntries(entries))
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte
        let taken: PackEntry[]
        try {
          taken = unpack(bytes)
        } catch {
          return
        }
        expect(bytesOf(taken).equals(bytes)).toBe(true)
        for (const { path } of taken) expect(`/${path}/`).not.toMatch(/\/\.{0,2}\/./)
      }),
    )
  })
})
