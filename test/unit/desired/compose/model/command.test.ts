import { describe, expect, test } from 'vitest'
import { command } from '../../../../../controller/desired/compose/model/command.ts'
import { canonical, messages } from '../canonical-support.ts'

describe('a string is split into words', () => {
  test.each([
    ['npm start', ['npm', 'start']],
    ['  npm \t start\n', ['npm', 'start']],
    ['', []],
    ['sh -c "a b"', ['sh', '-c', 'a b']],
    [`sh -c 'a "b" $c'`, ['sh', '-c', 'a "b" $c']],
    [`a"b c"d'e f'`, ['ab cde f']],
    [`a "" ''`, ['a', '', '']],
    ['a\\ b \\"c', ['a b', '"c']],
    ['"a\\"b" "c\\nd"', ['a"b', 'cnd']],
    [`'a\\b'`, ['a\\b']],
    ['"a\nb"', ['a\nb']],
    ['--price=$5 $x', ['--price=$5', '$x']],
    ['echo $(date +%s) `id -u`', ['echo', '$(date +%s)', '`id -u`']],
  ])('%j', (written, expected) => {
    expect(canonical(command, JSON.stringify(written))).toEqual({ value: expected, errors: [], notices: [] })
  })

  test.each(['"a', "it's", 'a\\', 'a (b)', 'a )', '`a', '$(a'])('%j is refused', (written) => {
    expect(messages(command, JSON.stringify(written))).toEqual([
      'has a quote or a bracket that is not closed',
    ])
  })

  test.each([
    ['make all && make test', '&', ['make', 'all']],
    ['cat a|sort', '|', ['cat', 'a']],
    ['run 2> log', '>', ['run']],
    ['run a > log', '>', ['run', 'a']],
    ['; a', ';', []],
  ])('%j ends at the operator, and that is told', (written, operator, expected) => {
    const { value, notices } = canonical(command, JSON.stringify(written))
    expect(value).toEqual(expected)
    expect(notices).toEqual([
      `f:1:1 no shell runs this, and ${operator} with all that follows is dropped; write ["/bin/sh", "-c", "…"] for a shell, or quote it`,
    ])
  })

  test('a long line is split without a hitch', () => {
    const { value } = canonical(command, `"${'a\\\\ b '.repeat(100_000)}"`)
    expect(value).toHaveLength(100_000)
  })
})

test.each([
  ['[sh, -c, "a && b"]', ['sh', '-c', 'a && b']],
  ['[]', []],
  ['', null],
])('%s is kept', (written, expected) => {
  expect(canonical(command, written)).toEqual({ value: expected, errors: [], notices: [] })
})

test.each([
  ['[sleep, 10]', 'must be a string, not the number 10'],
  ['8', 'must be a command, as in "npm start" or ["npm", "start"], not the number 8'],
])('%s is refused', (written, message) => {
  expect(messages(command, written)).toEqual([expect.stringContaining(message)])
})
