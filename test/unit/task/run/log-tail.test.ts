import { expect, it } from 'vitest'
import { readLogTail } from '../../../../agent/task/run/log-tail.ts'

const KB = 1024
const tailOf = (...lines: string[]) =>
  readLogTail('t1', {
    logs: async () => lines.map((text) => ({ at: '2026-01-01T00:00:00.000Z', stream: 'stdout', text })),
  })

it('keeps short lines as they are', async () => {
  expect(await tailOf('one', '', 'three')).toEqual(['one', '', 'three'])
})

it('keeps the newest lines of a task that has written long ones', async () => {
  const tail = await tailOf('x'.repeat(5 * KB), 'y'.repeat(5 * KB), 'z'.repeat(2 * KB))
  expect(tail.map((text) => [text[0], text.length])).toEqual([
    ['x', 1 * KB - 6],
    ['y', 5 * KB],
    ['z', 2 * KB],
  ])
})

it.each([
  ['control characters', '\0'],
  ['letters of several bytes', '\u{1f600}'],
  ['quotes', '"'],
])('is small as a report has it, of %s, too', async (_name, letter) => {
  const tail = await tailOf(...Array.from({ length: 20 }, () => letter.repeat(32 * KB)))
  expect(tail).toHaveLength(1)
  expect(Buffer.byteLength(JSON.stringify(tail))).toBeGreaterThan(8 * KB - 20)
  expect(Buffer.byteLength(JSON.stringify(tail))).toBeLessThanOrEqual(8 * KB + 2)
  expect(tail[0]?.replaceAll(letter, '')).toBe('')
})
