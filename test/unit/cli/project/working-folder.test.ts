import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workingFolder } from '../../../../controller/cli/project/working-folder.ts'

let folder: string
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'setpoint-folder-')))
  mkdirSync(join(folder, 'real'))
  mkdirSync(join(folder, 'other'))
  symlinkSync('real', join(folder, 'link'))
})
afterAll(() => rmSync(folder, { recursive: true }))

it('has the name under which it was entered', () => {
  const real = join(folder, 'real')
  expect(workingFolder({ PWD: join(folder, 'link') }, real)).toBe(join(folder, 'link'))
})

it('has its own name where PWD is of another folder, of none, or relative', () => {
  const real = join(folder, 'real')
  for (const PWD of [join(folder, 'other'), join(folder, 'missing'), 'link', '', undefined]) {
    expect(workingFolder({ PWD }, real)).toBe(real)
  }
})
