import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Context } from '../../../agent/runtime/context.ts'
import { openContexts } from '../../../agent/runtime/contexts.ts'

let run: string
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'setpoint-contexts-'))
})
afterEach(() => rmSync(run, { recursive: true, force: true }))

const aRunc = () =>
  ({
    paths: { run },
    info: { name: 'runc', version: '1', cgroup: 'hybrid', why: '' },
    command: { path: '/usr/sbin/runc', prefix: [], root: join(run, 'runc') },
  }) as unknown as Context

it('knows where the containers are of a runtime that this agent cannot open', async () => {
  for (const container of ['runc/own', 'crun/left']) mkdirSync(join(run, container), { recursive: true })
  const contexts = openContexts(aRunc())
  expect((await contexts.recorded()).sort()).toEqual(['left', 'own'])
  expect(await contexts.rootOf('own')).toBe(join(run, 'runc'))
  expect(await contexts.rootOf('left')).toBe(join(run, 'crun'))
  await expect(contexts.of('left')).rejects.toMatchObject({ code: 'HOST_UNABLE' })
  expect((await contexts.of('own')).info.name).toBe('runc')
})
