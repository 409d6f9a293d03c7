import { expect, test } from 'vitest'
import { duration } from '../../../../../controller/desired/compose/model/duration.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['90s', '1m30s'],
  ['1m30s', '1m30s'],
  ['2h', '2h0m0s'],
  ['1.5s', '1.5s'],
  ['1.5h', '1h30m0s'],
  ['.5s', '500ms'],
  ['100ms', '100ms'],
  ['1500ms', '1.5s'],
  ['1us', '1µs'],
  ['1500ns', '1.5µs'],
  ['1µs', '1µs'],
  ['1d', '24h0m0s'],
  ['1w', '168h0m0s'],
  ['1d12h', '36h0m0s'],
  ['0s', '0s'],
  ['"0"', '0s'],
  ['+10s', '10s'],
  ['3661.001s', '1h1m1.001s'],
])('%s', (written, expected) => {
  expect(canonical(duration, written)).toEqual({ value: expected, errors: [], notices: [] })
  expect(canonical(duration, expected).value).toBe(expected)
})

test.each([
  ['30', 'the number 30'],
  ['"30"', '"30"'],
  ['""', '""'],
  ['10 s', '"10 s"'],
  ['.s', '".s"'],
  ['1y', '"1y"'],
  ['300y', '"300y"'],
  ['16000w', '"16000w"'],
])('%s is refused', (written, found) => {
  expect(messages(duration, written)).toEqual([
    `must be a duration with its unit, as in 30s or 1m30s, not ${found}`,
  ])
})

test('a duration does not go backwards', () => {
  expect(messages(duration, '-1s')).toEqual(['must not be negative: -1s'])
})
