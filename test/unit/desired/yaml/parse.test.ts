import { describe, expect, test } from 'vitest'
import { parse } from '../../../../controller/desired/yaml/parse.ts'
import { read, told } from './support.ts'

describe('documents', () => {
  test.each([
    ['', []],
    ['# nothing but a comment', []],
    ['---\n---\na: 1', ['{a: 1}']],
    ['a: 1\n---\n# empty\n---\nb: 2\n...\n', ['{a: 1}', '{b: 2}']],
    ['a: 1\n---\n~', ['{a: 1}']],
    ['- 1\n---\ntext', ['[1]', '"text"']],
    ['\uFEFFa: 1', ['{a: 1}']],
  ])('%j', (text, documents) => expect([read(text), told(text)]).toEqual([documents, []]))

  test('an anchor is known in its own document only', () =>
    expect(told('a: &x 1\n---\nb: *x')).toEqual(['f:3:4 b: there is no anchor &x above']))
})

describe('scalars', () => {
  test.each([
    ['a: yes', '{a: "yes"}'],
    ['a: 0755', '{a: 493}'],
    ['a: 22:22', '{a: "22:22"}'],
    ['a: !!str 1', '{a: "1"}'],
    ['a: !!int "1"', '{a: 1}'],
    ['a: "1"', '{a: "1"}'],
    ['a: !!null ""', '{a: null}'],
    ['%YAML 1.1\n---\na: yes', '{a: "yes"}'],
    ['a: !!map {b: !!seq [1]}', '{a: {b: [1]}}'],
    ["'1': a", '{1: "a"}'],
  ])('%j', (text, document) => expect([read(text), told(text)]).toEqual([[document], []]))
})

describe('keys', () => {
  test.each([
    ['a: 1\nb: 2\na: 3', 'f:3:1 a: the key stands twice, first on line 1'],
    ['a:\n  b: 1\n  b: !reset null', 'f:3:3 a.b: the key stands twice, first on line 2'],
    ['<<: {a: 1}\n<<: {b: 1}', 'f:2:1 << stands twice, first on line 1; merge a list: <<: [*one, *other]'],
    ['123: a', 'f:1:1 the key 123 is not text; quote it: "123"'],
    ['a: {true: b}', 'f:1:5 a: the key true is not text; quote it: "true"'],
    ['? [a]\n: b', 'f:1:3 a key must be text'],
  ])('%j', (text, problem) => expect(told(text)).toEqual([problem]))
})

test('a key is no longer than a line', () =>
  expect(told(`? ${'k'.repeat(1025)}\n: 1`)).toEqual(['f:1:3 a key has more than 1024 characters']))

const BEHIND =
  'broken YAML: this stands behind a value that has ended; put the whole value in quotes, or correct the indentation'
const VARIABLE = 'broken YAML: a variable inside { } or [ ] must be in quotes, as in "${NAME}"'

describe('broken YAML is told of once a line', () => {
  test.each([
    ['a:\n\tb: 1', 'f:2:1 broken YAML: a tab indents this line; YAML takes only spaces'],
    ['a:\n  - b\n\t- c', 'f:3:1 broken YAML: a tab indents this line; YAML takes only spaces'],
    ['a: {b: 1\n\tc: 2}', 'f:2:2 broken YAML: a tab indents this line; YAML takes only spaces'],
    ['a: |\n\tb', 'f:2:1 broken YAML: a tab indents this line; YAML takes only spaces'],
    [
      'a: b: c',
      'f:1:4 broken YAML: this value has a ": " in it; put it in quotes, or correct the indentation of the line below',
    ],
    ['a:\n  b: 1\n c: 2', 'f:3:2 broken YAML: this key is not indented like those beside it'],
    ['a:\n  - b\n - c', 'f:3:1 broken YAML: this item is not indented like those beside it'],
    [
      'a: b\nc',
      'f:2:1 broken YAML: this is no "key: value"; add the colon and a space, or put the value in quotes',
    ],
    ['a: "b" c', `f:1:8 ${BEHIND}`],
    ['a: ["b" "c"]', 'f:1:9 broken YAML: a comma is missing in front of this, or the text needs quotes'],
    // a quote that is not closed, where it opens
    ['a: "b\nc: 1\n', 'f:1:4 broken YAML: the quote that opens here is not closed'],
    ["a:\n  b: 'x\n  c: 1\n\td", 'f:2:6 broken YAML: the quote that opens here is not closed'],
    // the cause and not what follows from it
    ['a: {b: ${X}}', `f:1:8 ${VARIABLE}`],
    ['a: [b, ${X:-y}/c]', `f:1:8 ${VARIABLE}`],
    ['a: !reset *b', 'f:1:11 broken YAML: An alias node must not specify any properties'],
    [
      'a: 1\n---\nb: [',
      'f:3:5 broken YAML: the list is not closed here; add the ] or indent what belongs to it',
    ],
  ])('%j', (text, problem) => {
    expect(told(text)).toEqual([problem])
    expect(parse('f', text).isBroken).toBe(true)
  })

  test('lines are counted within what makes no sense too', () =>
    expect(told('{a: }\n"\n"[')).toEqual([`f:2:1 ${BEHIND}`, `f:3:2 ${BEHIND}`]))

  test.each(['!a ', '&a ', '*a ', '"a" ', '!<a> ', ', '])('a line of %j from end to end is one', (part) =>
    expect(told(part.repeat(450_000 / part.length))).toHaveLength(1),
  )

  test('a tab inside a text or after it is none', () =>
    expect(told('a: |\n  x\n  \ty\nb: 1\t# c')).toEqual([]))
})

describe('tags that mean nothing', () => {
  test.each([
    ['a: !foo 1', 'f:1:9 a: the tag !foo means nothing here'],
    ['a: !!set {b}', 'f:1:10 a: the tag !!set means nothing here'],
  ])('%j', (text, problem) => expect(told(text)).toEqual([problem]))
})
