import { describe, expect, test } from 'vitest'
import { configMounts, secretMounts } from '../../../../../controller/desired/compose/model/file-mounts.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['[key]', [{ source: 'key' }]],
  [
    '[{source: key, target: /etc/key, uid: "1000", gid: "1000"}]',
    [{ source: 'key', target: '/etc/key', uid: '1000', gid: '1000' }],
  ],
  ['[key, {source: key}]', [{ source: 'key' }]],
  ['[{source: a, target: /x}, {source: b, target: /x}]', [{ source: 'b', target: '/x' }]],
])('%s', (written, expected) => {
  expect(canonical(secretMounts, written)).toEqual({ value: expected, errors: [], notices: [] })
  expect(canonical(configMounts, written)).toEqual({ value: expected, errors: [], notices: [] })
})

test.each([
  [secretMounts, '[key, {source: other, target: /run/secrets/key}]'],
  [configMounts, '[key, {source: other, target: /key}]'],
])('one without a target has its usual place', (shape, written) => {
  expect(canonical(shape, written).value).toMatchObject([{ source: 'other' }])
})

describe('modes', () => {
  test.each([
    ['0440', '0440'],
    ['0o440', '0440'],
    ['"0440"', '0440'],
    ['"440"', '0440'],
    ['"0o440"', '0440'],
    ['288', '0440'],
    ['01777', '01777'],
  ])('%s', (written, mode) => {
    expect(canonical(configMounts, `[{source: a, mode: ${written}}]`)).toEqual({
      value: [{ source: 'a', mode }],
      errors: [],
      notices: [],
    })
  })

  test('decimal digits that look octal are told of', () => {
    const { value, notices } = canonical(configMounts, '[{source: a, mode: 440}]')
    expect(value).toEqual([{ source: 'a', mode: '0670' }])
    expect(notices).toEqual([
      'f:1:20 [0].mode: 440 without a leading zero is a decimal number, the mode 0670; write 0440 if that is what you mean',
    ])
  })

  test.each(['"0999"', 'rw', '"77777"', '-1', '1e9', '""'])('%s is refused', (written) => {
    expect(messages(secretMounts, `[{source: a, mode: ${written}}]`)[0]).toMatch(
      /^must be an octal file mode, as in 0440, not /,
    )
  })
})

test.each([
  ['[{source: a, uid: 1000}]', 'must be a string, not the number 1000; put it in quotes: "1000"'],
  ['[5]', 'must be the name of a secret, or a mapping with source and target, not the number 5'],
  ['key', 'must be a list of secrets, not "key"'],
])('%s is refused', (written, message) => {
  expect(messages(secretMounts, written)).toEqual([message])
})
