import { describe, expect, test } from 'vitest'
import { parse } from '../../../../controller/desired/yaml/parse.ts'
import { withoutTags } from '../../../../controller/desired/yaml/without-tags.ts'
import { read, told, written } from './support.ts'

describe('!reset and !override', () => {
  test.each([
    // whatever is reset has no value
    ['a: !reset', '{a: !reset null}'],
    ['a: !reset null', '{a: !reset null}'],
    ['a: !reset []', '{a: !reset null}'],
    ['a: !reset {}', '{a: !reset null}'],
    ['a: !reset\n- b', '{a: !reset null}'],
    ['a: !override 1', '{a: !override 1}'],
    ['a: !override [1]', '{a: !override [1]}'],
    ['a: !override\n  b: {c: !override []}', '{a: !override {b: {c: !override []}}}'],
    // an alias has the tag of its anchor
    ['a: &x !reset []\nb: *x', '{a: !reset null, b: !reset null}'],
    ['a: &x !override {b: 1}\nc: *x', '{a: !override {b: 1}, c: !override {b: 1}}'],
    ['a: !reset [&x 1]\nb: *x', '{a: !reset null, b: 1}'],
    // a merge key takes the keys of a mapping with their tags, but not its own tag
    ['a: &x {b: !reset []}\nc: {<<: *x}', '{a: {b: !reset null}, c: {b: !reset null}}'],
    ['a: &x {<<: &y {b: !override 1}}\nc: {<<: *x}', '{a: {b: !override 1}, c: {b: !override 1}}'],
    ['a: &x !override {b: 1}\nc: {<<: *x}', '{a: !override {b: 1}, c: {b: 1}}'],
    ['a: &x !reset {b: 1}\nc: {<<: *x, d: 1}', '{a: !reset null, c: {d: 1}}'],
    ['a: &x {b: 1}\nc: {<<: *x, b: !reset null}', '{a: {b: 1}, c: {b: !reset null}}'],
    // nothing is inherited inside a list
    ['a: [!override 1, {b: !reset 1, c: !override 2}]', '{a: [1, {c: 2}]}'],
    ['a: !override [[{b: !reset 1}]]', '{a: !override [[{}]]}'],
    [
      'x: &x {b: !reset 1, c: 2}\na: [*x]\nd: *x',
      '{x: {b: !reset null, c: 2}, a: [{c: 2}], d: {b: !reset null, c: 2}}',
    ],
  ])('%j', (text, document) => expect([read(text), told(text)]).toEqual([[document], []]))

  test('an item cannot be reset', () => {
    expect(read('a: [1, !reset 2]')).toEqual(['{a: [1]}'])
    expect(told('a: [1, !reset 2]')).toEqual([
      'f:1:15 a[1]: !reset takes no item from a list; write the whole list anew, as in ports: !override [...]',
    ])
  })
})

describe('without tags', () => {
  test('what is reset is gone and what overrides is plain', () => {
    const [tagged] = parse('f', 'a: {b: !reset 1, c: !override {d: !reset 1, e: !override 2}}').documents
    expect(tagged && written(withoutTags(tagged))).toBe('{a: {c: {e: 2}}}')
  })

  test('what has none stays the same value', () => {
    const [plain] = parse('f', 'a: &x {b: [1]}\nc: *x').documents
    expect(plain && withoutTags(plain)).toBe(plain)
  })
})
