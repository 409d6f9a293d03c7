import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
let folder: string | undefined

afterEach(async () => {
  if (folder) await rm(folder, { recursive: true })
  folder = undefined
})

function setpoint(
  script: string,
  ...argv: string[]
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, SETPOINT_API: 'unix:/nonexistent/api.sock' }
    execFile(process.execPath, [script, ...argv], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}

describe('scripts/setpoint.mjs', () => {
  it('runs the CLI with its exit code, and no stack trace for an expected error', async () => {
    const script = join(ROOT, 'scripts', 'setpoint.mjs')
    expect(await setpoint(script, 'status')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'setpoint: No controller answers at unix:/nonexistent/api.sock (ENOENT).\n' +
        '  Start one with: setpoint up --source PATH; or set SETPOINT_API to where it listens.\n',
    })
    expect(await setpoint(script, '--version')).toMatchObject({ code: 0, stderr: '' })
  })

  it('says what to do in a clone where nothing is installed, and in a package that is incomplete', async () => {
    const clone = await copyOfScripts('clone')
    await mkdir(join(clone, 'controller', 'cli'), { recursive: true })
    await cp(join(ROOT, 'controller', 'cli', 'main.ts'), join(clone, 'controller', 'cli', 'main.ts'))
    expect(await setpoint(join(clone, 'scripts', 'setpoint.mjs'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('npm install'),
    })
    const installed = await copyOfScripts(join('node_modules', 'setpoint'))
    expect(await setpoint(join(installed, 'scripts', 'setpoint.mjs'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('dist/controller/cli/main.js is missing'),
    })
  })
})

async function copyOfScripts(name: string): Promise<string> {
  folder ??= await mkdtemp(join(tmpdir(), 'setpoint-launch-'))
  const scripts = join(folder, name, 'scripts')
  await mkdir(scripts, { recursive: true })
  for (const file of ['launch.mjs', 'setpoint.mjs'])
    await cp(join(ROOT, 'scripts', file), join(scripts, file))
  return join(folder, name)
}
