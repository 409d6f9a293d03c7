import { mkdtempSync, rmSync, type watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Exits, watchExits } from '../../../agent/runtime/exits.ts'

let folder: string
let exits: Exits
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setpoint-exits-'))
})
afterEach(() => {
  exits.close()
  rmSync(folder, { recursive: true, force: true })
})

const told = () =>
  new Promise((resolve) => exits.onExit((id, { exitCode }) => resolve(`${id} ended with ${exitCode}`)))

it('tells of an exit as soon as its file is there', async () => {
  const said: string[] = []
  exits = await watchExits(folder, { error: (_, message) => void said.push(message) })
  const first = told()
  writeFileSync(join(folder, 'web-1'), '3')
  expect(await first).toBe('web-1 ended with 3')
  expect(said).toEqual([])
})

it('tells of exits on a host that has no inotify instances left, and says so once', async () => {
  const said: string[] = []
  const noneLeft = (() => {
    throw Object.assign(new Error('EMFILE: too many open files, watch'), { code: 'EMFILE' })
  }) as typeof watch
  exits = await watchExits(folder, { error: (_, message) => void said.push(message) }, noneLeft)
  const first = told()
  writeFileSync(join(folder, 'web-1.AB12CD'), '9')
  writeFileSync(join(folder, 'web-1'), '3')
  expect(await first).toBe('web-1 ended with 3')
  expect(said).toEqual(['Exits of containers cannot be watched; they are looked for every second'])
})
