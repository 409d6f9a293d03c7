import { describe, expect, test } from 'vitest'
import { environment, keyValues, labels } from '../../../../../controller/desired/compose/model/pairs.ts'
import { canonical, messages } from '../canonical-support.ts'

describe('values become the texts that Go prints', () => {
  test.each([
    ['text', 'text'],
    ['""', ''],
    ['true', 'true'],
    ['False', 'false'],
    ['yes', 'yes'],
    ['"1.0"', '1.0'],
    ['42', '42'],
    ['-7', '-7'],
    ['0x10', '16'],
    ['0o17', '15'],
    ['0755', '493'],
    ['1_000', '1000'],
    ['12345678901234567890', '12345678901234567890'],
    ['1.0', '1'],
    ['1.10', '1.1'],
    ['0.0001', '0.0001'],
    ['0.00001', '1e-05'],
    ['1e3', '1000'],
    ['123456.5', '123456.5'],
    ['1e6', '1e+06'],
    ['1234567.5', '1.2345675e+06'],
    ['2026-01-02', '2026-01-02'],
    ['22:22', '22:22'],
  ])('%s', (written, expected) => {
    expect(canonical(environment, `NAME: ${written}`)).toEqual({
      value: { NAME: expected },
      errors: [],
      notices: [],
    })
  })
})

test.each([
  ['[A=1, B=, C, "D=x=y"]', { A: '1', B: '', C: null, D: 'x=y' }],
  ['{A: 1, B: "", C: }', { A: '1', B: '', C: null }],
  ['[A=1, A=2]', { A: '2' }],
  ['["A=two\\nlines"]', { A: 'two\nlines' }],
  ['[]', {}],
])('environment %s', (written, expected) => {
  expect(canonical(environment, written)).toEqual({ value: expected, errors: [], notices: [] })
})

test.each([labels, keyValues])('a label or setting without a value is empty', (shape) => {
  expect(canonical(shape, '[a, b=, c=1]').value).toEqual({ a: '', b: '', c: '1' })
  expect(canonical(shape, '{a: , b: 2}').value).toEqual({ a: '', b: '2' })
})

test.each([
  ['A=1', 'must be a mapping or a list of variables, as in "NAME=value", not "A=1"'],
  ['', 'must be a mapping or a list of variables, as in "NAME=value", not nothing'],
  ['{A: [1]}', 'must be a string, a number or a boolean, not a list'],
  ['[A: 1]', 'must be a string, as in "NAME=value", not a mapping'],
  ['[1]', 'must be a string, as in "NAME=value", not the number 1'],
  ['["DEBUG = 1"]', 'the name "DEBUG " ends in a space; write NAME=value'],
  ['["=1"]', '"=1" has no name; write NAME=value'],
])('environment %s is refused', (written, message) => {
  expect(messages(environment, written)).toEqual([message])
})

test('what is canonical comes out as it went in', () => {
  const { value } = canonical(environment, '{A: 1e6, B: , C: ""}')
  expect(canonical(environment, JSON.stringify(value)).value).toEqual(value)
})
