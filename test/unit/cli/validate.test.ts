import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSources } from '../../../controller/cli/loading.ts'
import { run } from '../../../controller/cli/program.ts'
import { testContext } from './api-at.ts'

const git = (cwd: string, ...argv: string[]) =>
  promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...argv], { cwd })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setpoint-validate-'))
})
afterEach(() => rm(folder, { recursive: true }))

const GOOD = 'name: shop\nservices:\n  web:\n    image: localhost/web:1\n'
const BAD = 'services:\n  web:\n    image: localhost/web:1\n    ports: ["99999:1"]\n'

async function put(path: string, text: string): Promise<string> {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), text)
  return join(folder, path)
}

async function validate(...paths: string[]) {
  const context = testContext({})
  return { code: await run(['validate', ...paths], context), ...context }
}

describe('validate', () => {
  it('exits with 0 for what is valid', async () => {
    await put('shop/compose.yaml', GOOD)
    expect(await validate(folder)).toMatchObject({ code: 0, stdout: ['1 stack: valid'], stderr: [] })
  })

  it('prints every problem with its place, and exits with 1', async () => {
    await put('shop/compose.yaml', GOOD)
    await put('bad/compose.yaml', BAD)
    const { code, stdout } = await validate(folder)
    expect(code).toBe(1)
    expect(stdout[0]).toMatch(/bad\/compose\.yaml:4:13 services\.web\.ports\[0\]: /)
    expect(stdout.at(-1)).toBe('2 stacks: 1 error')
  })

  it('tells where a value is used that is written elsewhere', async () => {
    await put('shop/base.yaml', 'services:\n  web:\n    image: localhost/web:1\n    ports: ["99999:1"]\n')
    await put('shop/compose.yaml', 'services:\n  web:\n    extends: {file: base.yaml, service: web}\n')
    const { code, stdout } = await validate(folder)
    expect(code).toBe(1)
    expect(stdout[0]).toMatch(
      /shop\/base\.yaml:4:13 services\.web\.ports\[0\]: .*\n {2}\S*\/shop\/compose\.yaml:3:\d+ /,
    )
  })

  it('looks at one file only when one is named', async () => {
    const good = await put('shop/compose.yaml', GOOD)
    const bad = await put('bad.stack.yaml', BAD)
    expect((await validate(good)).code).toBe(0)
    expect((await validate(good, bad)).code).toBe(1)
  })

  it('takes what lies in a work tree, committed or not, and lets it refer to the whole repository', async () => {
    await git(folder, 'init', '-q')
    await put('motd', 'hello\n')
    const file = await put('shop/compose.yaml', GOOD)
    const image = await put(
      'shop/web.image.yaml',
      'base: scratch\nfiles:\n  - path: /motd\n    source: ../motd\n',
    )
    expect(await validate(file, image)).toMatchObject({ code: 0, stdout: ['1 stack: valid'] })
    expect(await validate(join(folder, 'shop'))).toMatchObject({ code: 0 })
    await put('shop/compose.yaml', BAD)
    expect((await validate(file)).code).toBe(1)
  })

  it('exits with 1 for a path that is not there or declares nothing', async () => {
    const missing = await validate(join(folder, 'nope'))
    expect(missing).toMatchObject({ code: 1, stderr: [`setpoint: There is no ${join(folder, 'nope')}.`] })
    const empty = await validate(folder)
    expect(empty.code).toBe(1)
    expect(empty.stderr[0]).toBe(`setpoint: ${folder} declares no stack.`)
  })

  it('gives JSON', async () => {
    await put('bad/compose.yaml', BAD)
    const context = testContext({})
    expect(await run(['validate', folder, '--output', 'json'], context)).toBe(1)
    expect(JSON.parse(context.stdout.join('\n'))).toMatchObject({
      stacks: [{ name: 'bad', valid: false }],
      problems: [{ line: 4, severity: 'error' }],
    })
  })
})

describe('the sources of a plan', () => {
  it('are read at the head of their branch', async () => {
    await git(folder, 'init', '-q', '-b', 'main')
    await put('shop/compose.yaml', GOOD)
    await git(folder, 'add', '.')
    await git(folder, 'commit', '-q', '-m', 'first')
    await put('shop/compose.yaml', BAD)
    const [loaded] = await loadSources([`${folder}#main`])
    expect(loaded?.stacks).toMatchObject([{ name: 'shop', problems: [] }])
    expect(loaded?.stacks[0]?.spec).not.toBeNull()
  })
})
