import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockState } from '../../../agent/lock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('one agent at a time holds a state folder', async () => {
  const first = await lockState(join(folder, 'state'))
  await expect(lockState(join(folder, 'state'))).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
  await first.release()
  const second = await lockState(join(folder, 'state'))
  await second.release()
})

it('waits for one that is just ending', async () => {
  const first = await lockState(folder)
  const waiting = lockState(folder, 10)
  await first.release()
  await (await waiting).release()
})
