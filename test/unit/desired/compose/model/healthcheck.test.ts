import { expect, test } from 'vitest'
import { healthcheck } from '../../../../../controller/desired/compose/model/healthcheck.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['test: curl -f localhost', { test: ['CMD-SHELL', 'curl -f localhost'] }],
  ['test: [CMD, pg_isready]', { test: ['CMD', 'pg_isready'] }],
  ['test: [NONE]', { test: ['NONE'] }],
  ['test: []', { test: [] }],
  [
    '{interval: 90s, timeout: 1d, start_period: 1.5s, start_interval: 100ms}',
    { interval: '1m30s', timeout: '24h0m0s', start_period: '1.5s', start_interval: '100ms' },
  ],
  ['{retries: "3", disable: "true"}', { retries: 3, disable: true }],
])('%s', (written, expected) => {
  expect(canonical(healthcheck, written)).toEqual({ value: expected, errors: [], notices: [] })
})

test.each([
  [
    'test: [curl, localhost]',
    'must start with "CMD" for a program, "CMD-SHELL" for a line of a shell, or "NONE" for no check',
  ],
  ['test: [CMD, 5]', 'must be a string, not the number 5'],
  ['interval: 30', 'must be a duration with its unit, as in 30s or 1m30s, not the number 30'],
  ['retries: -1', 'must be a whole number of 0 or more, not the number -1'],
  ['tests: []', 'unknown key; did you mean test?'],
  ['[CMD]', 'must be a mapping with a test, not a list'],
])('%s is refused', (written, message) => {
  expect(messages(healthcheck, written)).toEqual([expect.stringContaining(message)])
})
