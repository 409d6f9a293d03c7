import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ensureDemoRepository } from '../../../scripts/demo-repository.ts'
import { ROOT } from '../../support/imports.ts'

let state: string

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'setpoint-demo-'))
})
afterEach(() => rmSync(state, { recursive: true }))

const git = (...args: string[]) =>
  execFileSync('git', ['-C', join(state, 'demo'), ...args], { encoding: 'utf8' }).trim()

it('makes a repository with one commit, and leaves one that is there', () => {
  expect(ensureDemoRepository(join(state, 'demo'))).toBe(true)
  expect(git('ls-files')).toContain('hello/compose.yaml')
  const head = git('rev-parse', 'HEAD')
  expect(ensureDemoRepository(join(state, 'demo'))).toBe(false)
  expect(git('rev-parse', 'HEAD')).toBe(head)
  expect(git('status', '--porcelain')).toBe('')
})

it('of several at once one makes it, and all use it', async () => {
  const made = await Promise.all([1, 2, 3].map(ensureInProcess))
  expect(made.sort()).toEqual(['false', 'false', 'true'])
  expect(git('rev-list', '--count', 'HEAD')).toBe('1')
  expect(readdirSync(state)).toEqual(['demo'])
})

it('what is in its place and no repository is left, and nothing else is', () => {
  mkdirSync(join(state, 'demo'))
  writeFileSync(join(state, 'demo', 'mine'), '')
  expect(() => ensureDemoRepository(join(state, 'demo'))).toThrow('which is something else')
  expect(readdirSync(state)).toEqual(['demo'])
})

async function ensureInProcess(): Promise<string> {
  const script = `import { ensureDemoRepository } from '${join(ROOT, 'scripts', 'demo-repository.ts')}'
    console.log(ensureDemoRepository(process.argv[1]))`
  const argv = ['--input-type=module-typescript', '--eval', script, join(state, 'demo')]
  return (await promisify(execFile)(process.execPath, argv, { timeout: 20_000 })).stdout.trim()
}
