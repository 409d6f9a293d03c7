import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { config } from '../../../controller/cli/config.ts'
import { run } from '../../../controller/cli/program.ts'
import type { ConfigFlags } from '../../../controller/cli/project/config-flags.ts'
import { MAX_FILE_BYTES } from '../../../schemas/source.ts'
import { testContext } from './api-at.ts'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'setpoint-config-')))
})
afterEach(() => rmSync(folder, { recursive: true }))

const SHOP = `name: shop
services:
  web: {image: "web:\${TAG:-1}", networks: [front]}
  probe: {image: probe, profiles: [debug]}
  built: {build: ./built}
networks: {front: {}}
volumes: {data: {}}
`

function put(path: string, text: string): string {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** Runs the command in the folder. */
async function resolved(flags: Partial<ConfigFlags> = {}, { env = {}, stdin = '', cwd = '.' } = {}) {
  const context = testContext(env)
  const all: ConfigFlags = { file: [], envFile: [], profile: [], output: 'yaml', ...flags }
  const world = { cwd: join(folder, cwd), stdin: Readable.from([Buffer.from(stdin)]) }
  const code = await config(context, all, world)
  return { code, ...context, json: () => JSON.parse(context.stdout.join('\n')) }
}

describe('config', () => {
  it('prints the model as YAML, or as JSON when asked, and exits with 0', async () => {
    put('compose.yaml', SHOP)
    const yaml = await resolved()
    expect(yaml).toMatchObject({ code: 0, stderr: [] })
    expect(yaml.stdout.join('\n')).toMatch(/^name: shop\n/)
    const json = await resolved({ output: 'json' })
    expect(json.json()).toMatchObject({ name: 'shop', services: { web: { image: 'web:1' } } })
    expect((await resolved({ format: 'json' })).stdout).toEqual(json.stdout)
  })

  it('prints the services that are named, whatever their profile, with what they depend on', async () => {
    put('compose.yaml', `${SHOP.replace('networks: [front]}', 'depends_on: [built]}')}`)
    const names = async (only: string[]) => (await resolved({ services: true, only })).stdout
    expect(await names([])).toEqual(['built', 'web'])
    expect(await names(['web'])).toEqual(['built', 'web'])
    expect(await names(['probe'])).toEqual(['probe'])
    await expect(resolved({ only: ['wep'] })).rejects.toThrow('The project has no service wep.')
  })

  it('merges the files of several -f and takes variables from .env', async () => {
    put('base.yaml', SHOP)
    put('more.yaml', 'services: {web: {hostname: shop}}\n')
    put('.env', 'TAG=2\n')
    const { json } = await resolved({ file: ['base.yaml', 'more.yaml'], output: 'json' })
    expect(json().services.web).toMatchObject({ image: 'web:2', hostname: 'shop' })
  })

  it('finds the compose file of a folder above, and warns when there are two', async () => {
    put('compose.yaml', SHOP)
    put('docker-compose.yml', 'services: {}\n')
    mkdirSync(join(folder, 'inner'))
    const { code, stderr } = await resolved({ quiet: true }, { cwd: 'inner' })
    expect(code).toBe(0)
    expect(stderr).toEqual([
      '../compose.yaml: compose.yaml is used, not docker-compose.yml; remove one, or choose with -f (notice)',
    ])
  })

  it('reads stdin for -f -, up to the limit of a file', async () => {
    const piped = await resolved({ file: ['-'], services: true }, { stdin: SHOP })
    expect(piped).toMatchObject({ code: 0, stdout: ['built', 'web'] })
    const endless = await resolved({ file: ['-'] }, { stdin: ' '.repeat(MAX_FILE_BYTES + 1) })
    expect(endless.code).toBe(1)
    expect(endless.stderr[0]).toMatch(/^-: is too large/)
  })

  it('tells every problem with its place from the working folder, and exits with 1', async () => {
    put(
      'sub/compose.yaml',
      'services:\n  web:\n    image: x\n    imagee: y\n  db: {ports: [nope], image: z}\n',
    )
    const { code, stdout, stderr } = await resolved({ file: ['sub/compose.yaml'] })
    expect({ code, stdout }).toEqual({ code: 1, stdout: [] })
    expect(stderr).toEqual([
      expect.stringMatching(/^sub\/compose\.yaml:4:5 services\.web\.imagee: unknown key/),
      expect.stringMatching(/^sub\/compose\.yaml:5:\d+ services\.db\.ports\[0\]: /),
    ])
  })

  it('tells problems as JSON when the model is asked for as JSON', async () => {
    put('compose.yaml', 'services: []\n')
    const { code, stderr } = await resolved({ output: 'json' })
    expect(code).toBe(1)
    expect(JSON.parse(stderr.join('\n'))).toMatchObject({
      problems: [{ file: 'compose.yaml', line: 1, path: 'services', severity: 'error' }],
    })
  })

  it('leaves a variable blank that is not set, with a notice, and refuses it when it is strict', async () => {
    put('compose.yaml', 'services: {web: {image: "web$TAG"}}\n')
    const lenient = await resolved({ output: 'json' })
    expect(lenient.code).toBe(0)
    expect(lenient.json().services.web.image).toBe('web')
    expect(lenient.stderr.join()).toContain('TAG')
    const strict = await resolved({ strict: true })
    expect(strict).toMatchObject({ code: 1, stdout: [] })
    expect(strict.stderr[0]).toContain('TAG')
  })

  test.each<[Partial<ConfigFlags>, string[]]>([
    [{ services: true }, ['built', 'web']],
    [{ services: true, profile: ['debug'] }, ['built', 'probe', 'web']],
    [{ networks: true }, ['default', 'front']],
    [{ volumes: true }, []],
    [{ images: true }, ['shop-built', 'web:1']],
    [{ profiles: true }, ['debug']],
    [{ quiet: true }, []],
    [{ services: true, output: 'json' }, [JSON.stringify(['built', 'web'], null, 2)]],
  ])('prints for %j the lines %j', async (flags, lines) => {
    put('compose.yaml', SHOP)
    expect(await resolved(flags)).toMatchObject({ code: 0, stdout: lines, stderr: [] })
  })

  it.each([
    [{ projectName: 'given' }, {}, 'given'],
    [{}, { COMPOSE_PROJECT_NAME: 'variable' }, 'variable'],
    [{}, {}, 'shop'],
  ])('is named by %j and %j: %s', async (flags, env, name) => {
    put('compose.yaml', SHOP)
    const { json } = await resolved({ ...flags, output: 'json' }, { env })
    expect(json().name).toBe(name)
  })

  it('refuses a name that is none', async () => {
    put('compose.yaml', SHOP)
    const { code, stderr } = await resolved({ projectName: 'My.Shop' })
    expect(code).toBe(1)
    expect(stderr[0]).toContain('"My.Shop" is no project name')
  })

  it('is not kept waiting by a pipe or a device', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
    const pipe = await resolved({ file: ['pipe.yaml', '/dev/zero'] })
    expect(pipe.code).toBe(1)
    expect(pipe.stderr).toContain('pipe.yaml: is no regular file')
  })
})

describe('x-setpoint of the first file', () => {
  const file = (unset: string, tag = '2') =>
    `x-setpoint: {unset: ${unset}, variables: {TAG: "${tag}"}}\nservices: {web: {image: "web:$TAG$MORE"}}\n`
  const image = async (flags: Partial<ConfigFlags>, env = {}) =>
    (await resolved({ ...flags, output: 'json' }, { env })).json().services.web.image

  it('sets variables: over those of .env and --env-file, and below those of the environment', async () => {
    put('compose.yaml', file('blank', '2$MORE'))
    put('.env', 'TAG=1\nMORE=x\n')
    put('vars', 'TAG=3\n')
    expect(await image({})).toBe('web:2xx')
    expect(await image({ envFile: ['vars'] })).toBe('web:2')
    expect(await image({}, { TAG: '4' })).toBe('web:4x')
  })

  it('sets them for profiles too, and only in the first file', async () => {
    put('compose.yaml', `x-setpoint: {variables: {COMPOSE_PROFILES: debug}}\n${SHOP}`)
    put('other.yaml', 'x-setpoint: {variables: {TAG: "9"}}\n')
    expect((await resolved({ services: true })).stdout).toEqual(['built', 'probe', 'web'])
    const { stdout } = await resolved({ images: true, file: ['compose.yaml', 'other.yaml'] })
    expect(stdout).toContain('web:1')
  })

  it('may ask for a value of each variable', async () => {
    put('compose.yaml', file('error'))
    const { code, stderr } = await resolved()
    expect(code).toBe(1)
    expect(stderr[0]).toContain('MORE')
    put('compose.yaml', file('blank'))
    expect((await resolved()).code).toBe(0)
  })
})

describe('flags that cannot be meant', () => {
  it.each<[Partial<ConfigFlags>, string]>([
    [{ images: true, services: true }, 'Only one of --services and --images can be printed.'],
    [{ projectDirectory: 'nosuch' }, 'There is no folder nosuch.'],
    [{ file: ['https://example.org/a.yaml'] }, 'https://example.org/a.yaml is an address'],
  ])('%j', async (flags, message) => {
    put('compose.yaml', SHOP)
    await expect(resolved(flags)).rejects.toThrow(message)
  })
})

describe('the command line of config', () => {
  it('reads what a shell hands over as a file, and /dev/null', () => {
    put('shop.yaml', SHOP)
    const script = join(import.meta.dirname, '../../../scripts/setpoint.mjs')
    const command = `"${script}" config -f <(cat shop.yaml) --env-file <(echo TAG=5) --images`
    expect(spawnSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8' })).toMatchObject({
      stdout: 'shop-built\nweb:5\n',
      stderr: '',
    })
    const nothing = spawnSync(script, ['config', '-f', 'shop.yaml', '--env-file', '/dev/null', '--images'], {
      ...{ cwd: folder, encoding: 'utf8' },
    })
    expect(nothing).toMatchObject({ status: 0, stdout: 'shop-built\nweb:1\n' })
  })

  it('takes its options as docker compose does', async () => {
    const file = put('compose.yaml', SHOP)
    const more = put('more.yaml', 'services: {web: {image: other}}\n')
    const env = put('vars', 'TAG=3\n')
    const context = testContext({})
    const argv = ['config', '-f', file, '-f', more, '--env-file', env, '--profile', 'debug', '-p', 'other']
    expect(await run([...argv, '--format', 'json'], context)).toBe(0)
    expect(JSON.parse(context.stdout.join('\n'))).toMatchObject({
      name: 'other',
      services: { web: { image: 'other' }, probe: {} },
    })
  })

  it('has --env-file for itself: Node, which has one too, must not read it', () => {
    put('compose.yaml', SHOP)
    put('vars', 'TAG="4$OTHER"\nOTHER=set\n')
    const script = join(import.meta.dirname, '../../../scripts/setpoint.mjs')
    const run = (...argv: string[]) =>
      spawnSync(script, ['config', ...argv], { cwd: folder, encoding: 'utf8' })
    expect(run('--env-file', 'vars', '--images')).toMatchObject({ status: 0, stdout: 'shop-built\nweb:4\n' })
    expect(run('--env-file', 'missing').stderr).toBe('missing: there is no such file\n')
  })

  it('prints all of a model into a pipe that takes little at a time', () => {
    const [line, lines] = [Array(900).fill('some text').join(', '), Array(100).fill('*line').join(', ')]
    put('compose.yaml', `x-line: &line [${line}]\nx-lines: [${lines}]\n${SHOP}`)
    const script = join(import.meta.dirname, '../../../scripts/setpoint.mjs')
    const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 24 } as const
    const { stdout } = spawnSync('sh', ['-c', `"${script}" config --output json | cat`], options)
    expect(JSON.parse(stdout)['x-lines']).toHaveLength(100)
  })

  it('says in a line that its output cannot be written, and nothing of a reader that leaves', () => {
    put('compose.yaml', SHOP)
    const script = join(import.meta.dirname, '../../../scripts/setpoint.mjs')
    const run = (rest: string) =>
      spawnSync('bash', ['-c', `"${script}" config ${rest}`], { cwd: folder, encoding: 'utf8' })
    expect(run('> /dev/full')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^setpoint: cannot write to standard output: ENOSPC.*\n$/),
    })
    expect(run('| true')).toMatchObject({ status: 0, stderr: '' })
  })

  it('exits with 2 for what it does not know, and where there is no compose file', async () => {
    const context = testContext({})
    expect(await run(['config', '--output', 'toml'], context)).toBe(2)
    expect(await run(['config', '--project-directory', folder], context)).toBe(2)
    expect(context.stderr).toContain('setpoint: There is no compose file here or in a folder above.')
    expect(context.stdout).toEqual([])
  })
})
