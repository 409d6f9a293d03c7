import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadSources } from '../../../controller/cli/loading.ts'
import { run } from '../../../controller/cli/program.ts'
import type { Problem } from '../../../schemas/problem.ts'
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

/** As seen from where the test runs. */
const STACK_FILE = expect.stringMatching(/^\.\.\/.*\/shop\/compose\.yaml$/)

async function validateJson(...paths: string[]) {
  const { stdout } = await validate('--output', 'json', ...paths)
  return JSON.parse(stdout.join('\n')) as { stacks: { services: unknown[] }[]; problems: Problem[] }
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

  it('names files as seen from a folder inside the repository, in messages too', async () => {
    await git(folder, 'init', '-q')
    await put('a/base.yaml', 'services:\n  web:\n    imgae: localhost/data/web:1\n')
    await put('a/compose.yaml', 'services:\n  web:\n    extends: {file: base.yaml, service: web}\n')
    const here = vi.spyOn(process, 'cwd').mockReturnValue(join(await realpath(folder), 'a'))
    const { stdout } = await validate(join(folder, 'a')).finally(() => here.mockRestore())
    expect(stdout.join('\n')).toContain(
      '  compose.yaml:3:5 services.web extends services.web of base.yaml here',
    )
  })

  it('looks at one file only when one is named', async () => {
    const good = await put('shop/compose.yaml', GOOD)
    const bad = await put('bad.stack.yaml', BAD)
    expect((await validate(good)).code).toBe(0)
    expect((await validate(good, bad)).code).toBe(1)
    expect((await validate(good, folder, good)).stdout.at(-1)).toMatch(/^2 stacks: /)
  })

  it('takes what lies in a work tree, committed or not, and lets it refer to the whole repository', async () => {
    await git(folder, 'init', '-q')
    await put('motd', 'hello\n')
    const file = await put('shop/compose.yaml', GOOD)
    const image = await put(
      'shop/web.image.yaml',
      'base: scratch\nfiles:\n  - path: /motd\n    source: ../motd\n',
    )
    expect(await validate(file, image)).toMatchObject({ code: 0, stdout: ['1 stack, 1 image spec: valid'] })
    expect(await validate(image)).toMatchObject({ code: 0, stdout: ['1 image spec: valid'] })
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

  it('does not call valid what it could not check, and tells of it in JSON too', async () => {
    const good = await put('shop/compose.yaml', GOOD)
    const missing = join(folder, 'nope')
    const { code, stdout } = await validate(good, missing)
    expect({ code, stdout }).toEqual({ code: 1, stdout: ['1 stack: 1 path not checked'] })
    const { problems } = await validateJson(good, missing)
    expect(problems).toEqual([
      {
        ...{ file: missing, line: 0, column: 0, path: '' },
        severity: 'error',
        message: expect.stringContaining('There is no'),
      },
    ])
  })

  it.each(['stack.yml', 'docker-stack.yml', 'docker-compose.prod.yml'])(
    'tells what to do with %s',
    async (name) => {
      const file = await put(`shop/${name}`, GOOD)
      const { code, stderr } = await validate(file)
      expect(code).toBe(1)
      expect(stderr[0]).toContain(`${file} is not called as a stack is`)
      expect(stderr[1]).toContain(
        `Rename it to NAME.stack.yaml, or look at it with \`setpoint config -f ${file}\``,
      )
    },
  )

  it('tells of a stack of the same name in a repository, and not of a file that lies anywhere', async () => {
    const file = await put('shop/compose.yaml', GOOD)
    await put('shop/other/compose.yaml', GOOD)
    expect((await validate(file)).code).toBe(0)
    await git(folder, 'init', '-q')
    const { code, stdout } = await validate(file)
    expect(code).toBe(1)
    expect(stdout[0]).toMatch(/also declared by \.\.\/.*\/shop\/other\/compose\.yaml;/)
  })

  it('tells of keys without effect, which make no stack invalid', async () => {
    await put('shop/compose.yaml', `${GOOD}    attach: false\n`)
    const { code, stdout } = await validate(folder)
    expect(code).toBe(0)
    expect(stdout[0]).toMatch(
      /shop\/compose\.yaml:5:5 services\.web\.attach: accepted without effect: .* \(notice\)$/,
    )
    expect(stdout.at(-1)).toBe('1 stack: valid, 1 notice')
  })

  it('tells of keys that are refused, with why and what to do instead', async () => {
    await put('shop/compose.yaml', `${GOOD}    use_api_socket: true\n`)
    const { code, stdout } = await validate(folder)
    expect(code).toBe(1)
    expect(stdout[0]).toMatch(
      /:5:5 services\.web\.use_api_socket: there is no Docker daemon: use_api_socket; remove it/,
    )
  })

  it('gives in JSON all that is known of a problem', async () => {
    await put('shop/base.yaml', 'services:\n  web: {image: localhost/web:1, imagee: x, restart: 7}\n')
    await put('shop/compose.yaml', 'services:\n  web:\n    extends: {file: base.yaml, service: web}\n')
    const { stacks, problems } = await validateJson(folder)
    const file = expect.stringMatching(/shop\/base\.yaml$/)
    const related = [
      {
        file: STACK_FILE,
        line: 3,
        column: 5,
        message: expect.stringMatching(
          /^services\.web extends services\.web of \.\.\/.*\/shop\/base\.yaml here$/,
        ),
      },
    ]
    expect(stacks).toEqual([{ name: 'shop', file: STACK_FILE, valid: false, services: [] }])
    expect(problems).toMatchObject([
      { ...{ file, line: 2, column: 33 }, severity: 'error', suggestion: 'image', related },
      {
        ...{ file, line: 2, column: 53 },
        severity: 'error',
        expected: 'a string',
        found: 'the number 7',
        related,
      },
    ])
  })

  it('gives in JSON the fingerprints of services, equal for what means the same', async () => {
    await put('shop/compose.yaml', `${GOOD}    environment: {A: b}\n    stop_grace_period: 60s\n`)
    const before = await validateJson(folder)
    await put(
      'shop/compose.yaml',
      `# Sells things\n${GOOD}    stop_grace_period: 1m\n    environment: [A=b]\n    scale: 3\n`,
    )
    const same = await validateJson(folder)
    await put('shop/compose.yaml', `${GOOD}    environment: {A: c}\n    stop_grace_period: 60s\n`)
    const other = await validateJson(folder)
    expect(before.stacks).toEqual([
      {
        ...{ name: 'shop', file: STACK_FILE, valid: true },
        services: [{ name: 'web', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) }],
      },
    ])
    expect(same.stacks).toEqual(before.stacks)
    expect(other.stacks[0]?.services).not.toEqual(before.stacks[0]?.services)
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
