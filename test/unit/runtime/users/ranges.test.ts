import { describe, expect, it } from 'vitest'
import { isFree, isRange, rangesFor, spansOf } from '../../../../agent/runtime/users/ranges.ts'

const LOWEST = 2_000_289_792
const END = 2_147_352_576

describe('the ranges of ids that are given out', () => {
  const ranges = rangesFor('abcdef01/web-1')

  it('are all there, each once, in an order of the task’s own', () => {
    expect(new Set(ranges).size).toBe(2244)
    expect(ranges).toHaveLength(2244)
    expect(rangesFor('abcdef01/web-1')).toEqual(ranges)
    expect(rangesFor('abcdef01/web-2')[0]).not.toBe(ranges[0])
  })

  it('do not overlap, and stay below what systemd keeps and what fits 31 bits', () => {
    const sorted = ranges.toSorted((a, b) => a - b)
    expect(sorted[0]).toBe(LOWEST)
    expect(sorted.at(-1)).toBe(END - 65_536)
    for (const [index, first] of sorted.slice(1).entries()) expect(first - (sorted[index] ?? 0)).toBe(65_536)
  })

  it.each([
    [LOWEST, true],
    [END - 65_536, true],
    [LOWEST + 1, false],
    [LOWEST - 65_536, false],
    [END, false],
    [0, false],
    [Number.NaN, false],
  ])('%d is one: %s', (first, is) => {
    expect(isRange(first)).toBe(is)
  })

  it.each([
    ['nobody has any', { delegated: [], accounts: [] }, true],
    ['/etc/subuid gives one to somebody', { delegated: [`alice:${LOWEST - 10}:11\n`], accounts: [] }, false],
    ['what /etc/subuid gives ends before', { delegated: [`alice:${LOWEST - 10}:10\n`], accounts: [] }, true],
    ['a user has its last', { delegated: [], accounts: [`bob:x:${LOWEST + 65_535}:100::/:/bin/sh`] }, false],
    ['a user has the next', { delegated: [], accounts: [`bob:x:${LOWEST + 65_536}:100::/:/bin/sh`] }, true],
    ['the files are damaged', { delegated: ['::\nx\n-1:-1:-1'], accounts: ['root', ''] }, true],
  ])('the first is free when %s: %o', (_, files, free) => {
    expect(isFree(LOWEST, spansOf(files))).toBe(free)
  })
})
