import { describe, expect, test } from 'vitest'
import { parse } from '../../../../controller/desired/yaml/parse.ts'
import { read, told } from './support.ts'

describe('aliases and merge keys', () => {
  test.each([
    ['a: &x {b: 1}\nc: *x', '{a: {b: 1}, c: {b: 1}}'],
    ['a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}', '{a: {b: 1, c: 2}, d: {c: 3, b: 1}}'],
    ['a: &x {b: 1}\nc: {b: 2, <<: *x}', '{a: {b: 1}, c: {b: 2}}'],
    ['<<: [{a: 1, b: 1}, {b: 2, c: 2}]', '{a: 1, b: 1, c: 2}'],
    ['a: &x [{b: 1}]\nc: {<<: *x}', '{a: [{b: 1}], c: {b: 1}}'],
    ['a: &x {b: &y {c: 1}}\nd: {<<: *x, b: {<<: *y, e: 2}}', '{a: {b: {c: 1}}, d: {b: {e: 2, c: 1}}}'],
    ['a: &x {<<: {b: 1}}\nc: {<<: *x}', '{a: {b: 1}, c: {b: 1}}'],
    ['a: &x 1\nb: &x 2\nc: *x', '{a: 1, b: 2, c: 2}'],
  ])('%j', (text, document) => expect([read(text), told(text)]).toEqual([[document], []]))

  test.each([
    ['a: &x 1\nb: {<<: *x}', 'f:2:5 b: << merges a mapping or a list of mappings, not the number 1'],
    ['<<: [{a: 1}, b]', 'f:1:1 << merges a mapping or a list of mappings, not "b"'],
    ['a: &x {b: *x}', 'f:1:11 a.b: the anchor &x contains itself'],
    ['a: &x\n  b:\n    <<: *x', 'f:3:9 a.b: the anchor &x contains itself'],
    ['a: *x', 'f:1:4 a: there is no anchor &x above'],
  ])('%j', (text, problem) => expect(told(text)).toEqual([problem]))
})

/** Each level is ten times as large as the one before. */
function bomb(levels: number): string {
  const line = (level: number) =>
    `a${level}: &a${level} [${Array(10)
      .fill(level === 0 ? 'x' : `*a${level - 1}`)
      .join(', ')}]`
  return Array.from({ length: levels }, (_, level) => line(level)).join('\n')
}

describe('caps', () => {
  test.each([
    [
      'an alias bomb',
      bomb(20),
      'f:5:9 excessive aliasing: more than 100000 values or 100 levels once the aliases are expanded',
    ],
    [
      'documents that are too large only together',
      Array(9).fill(bomb(4)).join('\n---\n'),
      'f:41:1 all documents together have more than 100000 values or 100 levels',
    ],
    ['documents without end', 'a: 1\n---\n'.repeat(101), 'f: has more than 100 YAML documents'],
  ])('%s', (_what, text, problem) => {
    expect(told(text)).toEqual([problem])
    expect(parse('f', text).documents).toEqual([])
  })

  test('a large file is none of these', () => {
    const service = (at: number) => `s${at}: {image: x, environment: {${variables}}}`
    const variables = Array.from({ length: 122 }, (_, at) => `V${at}: x`).join(', ')
    const text = Array.from({ length: 320 }, (_, at) => service(at)).join('\n')
    expect(told(text)).toEqual([])
  })
})
