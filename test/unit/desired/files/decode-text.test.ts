import { describe, expect, test } from 'vitest'
import { decodeText } from '../../../../controller/desired/files/decode-text.ts'
import { formatProblem } from '../../../../schemas/problem.ts'
import { type Content, loadFiles, problemsOf } from '../support.ts'

function decoded(bytes: Buffer): string {
  const answer = decodeText('f', bytes)
  if ('text' in answer) return answer.text
  const { line, column, message } = answer.problem
  return `${line}:${column} ${message}`
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const UTF16 = '0:0 the file is UTF-16; save it as UTF-8'

describe('bytes to text', () => {
  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), ''],
    ['all kinds of characters', Buffer.from('ü € 😀 \uFFFD\n'), 'ü € 😀 \uFFFD\n'],
    ['a mark', Buffer.from('\uFEFFa'), '\uFEFFa'],
    ['an umlaut of Latin-1', latin1('a: 1\nb: f\xfcr'), notUtf8('2:5', 'fc')],
    ['it behind a mark and U+FFFD', latin1('\xef\xbb\xbf\xef\xbf\xbd\xfc'), notUtf8('1:2', 'fc')],
    ['a character that is cut off', latin1('\xe2\x82'), notUtf8('1:1', 'e2')],
    ['a character written too long', latin1('a\xc0\xaf'), notUtf8('1:2', 'c0')],
    ['half of a surrogate pair', latin1('\xed\xa0\x80'), notUtf8('1:1', 'ed')],
    ['UTF-16 with a mark', Buffer.from('\uFEFFa', 'utf16le'), UTF16],
    ['UTF-16 with a mark, big end first', Buffer.from('\uFEFFab', 'utf16le').swap16(), UTF16],
    ['UTF-16', Buffer.from('a: ü', 'utf16le'), UTF16],
    ['UTF-16, big end first', Buffer.from('a: ü', 'utf16le').swap16(), UTF16],
  ])('%s', (_what, bytes, wanted) => expect(decoded(bytes)).toBe(wanted))
})

function notUtf8(place: string, byte: string): string {
  return `${place} is no UTF-8 at this byte (0x${byte}); save the file as UTF-8`
}

describe('a file that is no UTF-8 is told of, whatever it is for', () => {
  test.each<[string, string]>([
    ['web/compose.override.yaml', ''],
    ['web/.env', ''],
    ['web/a', 'env_file: a'],
    ['web/a', 'env_file: [{path: a, format: raw}]'],
    ['web/a', 'label_file: a'],
    ['web/a', 'extends: {file: a, service: a}'],
  ])('%s %s', (path, key) => {
    const compose = `services:\n  a:\n    image: x\n    ${key}`
    expect(problemsOf(compose, { [path]: latin1('A=\xfc') })).toContain(
      `${path}:1:3 is no UTF-8 at this byte (0xfc); save the file as UTF-8`,
    )
  })

  test('an image spec', () => {
    const tree: Record<string, Content> = { 'app.image.yaml': latin1('base: \xfc') }
    expect(loadFiles(tree).problems.map(formatProblem)).toEqual([
      'app.image.yaml:1:7 is no UTF-8 at this byte (0xfc); save the file as UTF-8',
    ])
  })

  test('but what an image spec copies is taken as it is', () => {
    const tree: Record<string, Content> = {
      'app.image.yaml': 'base: scratch\nfiles: {/a: {source: a}}',
      a: latin1('\xfc\0'),
    }
    expect(loadFiles(tree).problems).toEqual([])
  })
})
