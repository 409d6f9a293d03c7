import { expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../../schemas/duration.ts'
import { parseSize } from '../../../schemas/size.ts'

it.each([
  ['90s', 90_000],
  ['1m30s', 90_000],
  ['1.5s', 1_500],
  ['.5m', 30_000],
  ['1d', 86_400_000],
  ['1w', 604_800_000],
  ['250us', 0.25],
  ['0', 0],
  [' 5m ', 300_000],
  ['5', undefined],
  ['5 m', undefined],
  ['-5m', undefined],
  ['m', undefined],
  ['', undefined],
  [`${'9'.repeat(200)}s`, undefined],
])('the duration %j is %j ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

it.each([
  [850, '850ms'],
  [4_200, '4.2s'],
  [90_000, '1m30s'],
  [119_999, '2m'],
  [300_000, '5m'],
  [7_500_000, '2h5m'],
])('%i ms are written %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

it.each([
  ['1048576', 1_048_576],
  ['512m', 512 * 1024 ** 2],
  ['1GiB', 1024 ** 3],
  ['1.5 kb', 1536],
  ['64K', 65_536],
  ['9007199254740993', undefined],
  ['-1', undefined],
  ['ten', undefined],
  ['', undefined],
])('the size %j is %j bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})
