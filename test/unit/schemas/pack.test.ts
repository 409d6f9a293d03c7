import { describe, expect, it, test } from 'vitest'
import {
  MAX_PACK_BYTES,
  MAX_PACK_DEPTH,
  MAX_PACK_ENTRIES,
  MAX_PACK_PATH,
  type PackEntry,
  packChunks,
  packDigest,
  packEntries,
  unpack,
} from '../../../schemas/pack.ts'

const bytesOf = (entries: PackEntry[]) => Buffer.concat([...packChunks(entries)])
const file = (path: string, content: string | Buffer = '', kind: PackEntry['kind'] = 'file'): PackEntry => ({
  ...{ path, kind, content: Buffer.from(content) },
})
/** As somebody would write it who does not mean well. */
const forged = (...lines: string[]) => Buffer.from(`setpoint pack 1\n${lines.join('')}`)
const entry = (path: string, content = '', letter = 'f') =>
  `${letter} ${Buffer.byteLength(content)} ${Buffer.byteLength(path)}\n${path}\n${content}\n`

describe('a pack', () => {
  it('gives back what went in, in the order of the paths', () => {
    const entries = [
      file('web/run.sh', '#!/bin/sh\n', 'executable'),
      file('a b\n"ü"', Buffer.from([0, 255, 10])),
      file('link', '../elsewhere', 'symlink'),
      file('empty', '', 'folder'),
    ]
    const packed = packEntries(entries)
    expect(packed.map(({ path }) => path)).toEqual(['a b\n"ü"', 'empty', 'link', 'web/run.sh'])
    expect(unpack(bytesOf(packed))).toEqual(packed)
  })

  it('is known by the hash of its bytes, which names, kinds and contents are part of', () => {
    const digests = [
      [file('a', 'x')],
      [file('a', 'y')],
      [file('b', 'x')],
      [file('a', 'x', 'executable')],
      [file('a', 'x', 'symlink')],
      [file('', 'x')],
      [file('a', 'x'), file('b')],
    ].map((entries) => packDigest(packChunks(packEntries(entries))))
    expect(new Set(digests).size).toBe(digests.length)
    expect(digests[0]).toBe('4295af0124686db478021cf876c965915ddcc1e214440ee1bad22557a0889847')
  })

  it('may be one file, which has no path', () => {
    const alone = [file('', 'text', 'executable')]
    expect(unpack(bytesOf(packEntries(alone)))).toEqual(alone)
  })
})

describe('what no agent takes', () => {
  const deep = Array.from({ length: MAX_PACK_DEPTH + 1 }, () => 'd').join('/')
  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'it does not begin as a pack'],
    ['another format', Buffer.from('PK\x03\x04'), 'it does not begin as a pack'],
    ['no entry', forged(), 'it has no file'],
    ['a path upwards', forged(entry('../etc/passwd')), '"../etc/passwd" is no plain path'],
    ['one in the middle', forged(entry('a/../../b')), 'is no plain path'],
    ['an absolute path', forged(entry('/etc/passwd')), 'is no plain path'],
    ['a point', forged(entry('a/./b')), 'is no plain path'],
    ['a slash at the end', forged(entry('a/')), 'is no plain path'],
    ['a NUL', forged(entry('a\0b')), 'is no plain path'],
    [
      'a path that is not UTF-8',
      Buffer.concat([forged('f 0 1\n'), Buffer.from([0xff, 10, 10])]),
      'not UTF-8',
    ],
    [
      'a path through a symlink',
      forged(entry('a', '/etc', 'l'), entry('a/b')),
      'goes through what is no folder',
    ],
    ['one through a file', forged(entry('a'), entry('a/b/c')), 'goes through what is no folder'],
    [
      'one through an empty folder',
      forged(entry('a', '', 'd'), entry('a/b')),
      'goes through what is no folder',
    ],
    ['a path twice', forged(entry('a'), entry('a')), '"a" is out of order'],
    ['paths in another order', forged(entry('b'), entry('a')), '"a" is out of order'],
    [
      'a file without a path beside another',
      forged(entry(''), entry('a')),
      'only one file may be without a path',
    ],
    ['a symlink without a path', forged(entry('', '/etc', 'l')), 'only one file may be without a path'],
    ['a symlink to nowhere', forged(entry('a', '', 'l')), 'no target that a system takes'],
    ['a symlink with a NUL', forged(entry('a', 'b\0', 'l')), 'no target that a system takes'],
    ['a folder with content', forged(entry('a', 'x', 'd')), 'the folder "a" has content'],
    ['an unknown kind', forged(entry('a', '', 'b')), 'there is no entry at byte 16'],
    ['a size that is none', forged('f -1 1\na\n\n'), 'there is no entry at byte 16'],
    ['a size with zeros before it', forged('f 01 1\na\nx\n'), 'there is no entry at byte 16'],
    ['a size beyond the end', forged('f 9999999999 1\na\nx\n'), 'is cut off'],
    ['a header without end', forged('f '.padEnd(1000, '1')), 'there is no entry at byte 16'],
    ['the half of one', forged(entry('a', 'text').slice(0, -3)), 'is cut off'],
    ['something after the end', forged(entry('a'), 'more'), 'there is no entry'],
    ['a deep path', forged(entry(deep)), `is deeper than ${MAX_PACK_DEPTH} folders`],
    ['a long path', forged(entry('a/'.repeat(10) + 'b'.repeat(MAX_PACK_PATH))), 'is longer than'],
    ['a long name', forged(entry('b'.repeat(256))), 'has a name of more than 255 bytes'],
    [
      'very many files',
      forged(...Array.from({ length: MAX_PACK_ENTRIES + 1 }, (_, n) => entry(`${n}`.padStart(6, '0')))),
      `it has more than ${MAX_PACK_ENTRIES} files`,
    ],
    ['very much', Buffer.alloc(MAX_PACK_BYTES + 1), 'it has more than'],
  ])('%s', (_what, bytes, problem) => expect(() => unpack(bytes)).toThrow(problem))

  it('is not packed either', () => {
    expect(() => packEntries([])).toThrow('it has no file')
    expect(() => packEntries([file('a', Buffer.alloc(MAX_PACK_BYTES))])).toThrow('it has more than 64 MiB')
    expect(() => packEntries([file('b'), file('a'), file('b')])).toThrow('"b" is out of order')
  })
})
