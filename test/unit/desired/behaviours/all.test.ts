import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('every behaviour from 1 to 120 is tested under its number', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'))
  const text = files.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('\n')
  const tested = new Set([...text.matchAll(/\bbehaviour\(\s*(\d+),/g)].map(([, number]) => Number(number)))
  const all = Array.from({ length: 120 }, (_, index) => index + 1)
  expect(all.filter((number) => !tested.has(number))).toEqual([])
})
