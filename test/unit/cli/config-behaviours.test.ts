import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { config } from '../../../controller/cli/config.ts'
import type { ConfigFlags } from '../../../controller/cli/project/config-flags.ts'
import { testContext } from './api-at.ts'

// What people know of `docker compose config`, under the numbers of the list of Compose's behaviours.

interface Behaviour {
  what: string
  files: Record<string, string>
  cwd?: string
  flags?: Partial<ConfigFlags>
  env?: Record<string, string>
  model?: object
  /** On stderr, one each; none when left out. */
  told?: RegExp[]
  code?: number
}

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'setpoint-behaviours-')))
})
afterEach(() => rmSync(root, { recursive: true }))

const image = (name: string) => `services: {web: {image: "${name}"}}\n`
const modelOf = (name: string) => ({ services: { web: { image: name } } })

const VARIABLES: Behaviour[] = [
  {
    what: '34: the environment wins over .env',
    files: { 'compose.yaml': image('web:$TAG'), '.env': 'TAG=file\n' },
    env: { TAG: 'environment' },
    model: modelOf('web:environment'),
  },
  {
    what: '35: .env alone sets a variable',
    files: { 'compose.yaml': image('web:$TAG'), '.env': 'TAG=file\n' },
    model: modelOf('web:file'),
  },
  {
    what: '36: the last --env-file wins, and .env is not read',
    files: {
      'compose.yaml': image('$NAME:${TAG-none}'),
      '.env': 'TAG=usual\n',
      a: 'NAME=a\n',
      b: 'NAME=b\n',
    },
    flags: { envFile: ['a', 'b'] },
    model: modelOf('b:none'),
  },
]

const NAMES: Behaviour[] = [
  {
    what: '52: -p names first',
    files: { 'compose.yaml': `name: written\n${image('web')}` },
    flags: { projectName: 'flag' },
    env: { COMPOSE_PROJECT_NAME: 'variable' },
    model: { name: 'flag' },
  },
  {
    what: '52: then COMPOSE_PROJECT_NAME, which .env may set',
    files: { 'compose.yaml': `name: written\n${image('web')}`, '.env': 'COMPOSE_PROJECT_NAME=variable\n' },
    model: { name: 'variable' },
  },
  {
    what: '52: then the file',
    files: { 'My Shop/compose.yaml': `name: written\n${image('web')}` },
    cwd: 'My Shop',
    model: { name: 'written' },
  },
  {
    what: '52: then the folder, in lower case and without what no name has',
    files: { 'My Shop/compose.yaml': image('web') },
    cwd: 'My Shop',
    model: { name: 'myshop' },
  },
  {
    what: '53: a name that is asked for must be one',
    files: { 'compose.yaml': image('web') },
    flags: { projectName: 'My_Shop' },
    told: [/^-p "My_Shop" is no project name: /],
    code: 1,
  },
  {
    what: '53: a name of the environment must be one',
    files: { 'compose.yaml': image('web') },
    env: { COMPOSE_PROJECT_NAME: '_shop' },
    told: [/^COMPOSE_PROJECT_NAME "_shop" is no project name: /],
    code: 1,
  },
  {
    what: '53: a name of the file is made one',
    files: { 'compose.yaml': `name: My_Shop\n${image('web')}` },
    model: { name: 'my_shop' },
    told: [/^compose\.yaml:1:7 name: .*my_shop/],
  },
  {
    what: '53: a digit may stand first',
    files: { 'compose.yaml': image('web') },
    flags: { projectName: '1shop' },
    model: { name: '1shop' },
  },
  {
    what: '54: variables are filled in, and the last file names',
    files: { a: `name: first\n${image('web')}`, b: 'name: x-${T}-y\n' },
    flags: { file: ['a', 'b'] },
    env: { T: 't' },
    model: { name: 'x-t-y' },
  },
  {
    what: '54: COMPOSE_PROJECT_NAME is known to the files',
    files: { 'compose.yaml': `name: shop\n${image('$COMPOSE_PROJECT_NAME/web')}` },
    model: modelOf('shop/web'),
  },
]

const FILES: Behaviour[] = [
  {
    what: '59: compose.yaml comes before docker-compose.yml, and its override is merged over it',
    files: {
      'compose.yaml': image('first'),
      'docker-compose.yml': image('second'),
      'docker-compose.override.yml': 'services: {web: {user: app}}\n',
    },
    model: { services: { web: { image: 'first', user: 'app' } } },
    told: [/compose\.yaml is used, not docker-compose\.yml/],
  },
  {
    what: '59: the nearest folder above counts',
    files: { 'compose.yaml': image('far'), 'a/compose.yml': image('near'), 'a/b/.env': 'X=1\n' },
    cwd: 'a/b',
    model: { name: 'a', ...modelOf('near') },
  },
  {
    what: '71: relative paths start at the first file',
    files: {
      'one/a.yaml': 'services: {web: {image: web, volumes: ["./x:/x"]}}\n',
      'two/b.yaml': 'services: {web: {volumes: ["./y:/y"]}}\n',
    },
    flags: { file: ['one/a.yaml', 'two/b.yaml'] },
    model: {
      services: {
        web: {
          volumes: [
            { source: expect.stringMatching(/\/one\/x$/) },
            { source: expect.stringMatching(/\/one\/y$/) },
          ],
        },
      },
    },
  },
  {
    what: '71: relative paths start at --project-directory',
    files: { 'one/a.yaml': 'services: {web: {image: web, volumes: ["./x:/x"]}}\n', 'two/.env': '\n' },
    flags: { file: ['one/a.yaml'], projectDirectory: 'two' },
    model: {
      name: 'two',
      services: { web: { volumes: [{ source: expect.stringMatching(/\/two\/x$/) }] } },
    },
  },
]

const DEBUG = 'services: {web: {image: web}, probe: {image: probe, profiles: [debug]}}\n'
const both = { services: { web: {}, probe: {} } }

const PROFILES: Behaviour[] = [
  {
    what: '84: without its profile a service is left out',
    files: { 'compose.yaml': DEBUG },
    model: { services: expect.not.objectContaining({ probe: expect.anything() }) },
  },
  { what: '84: --profile', files: { 'compose.yaml': DEBUG }, flags: { profile: ['debug'] }, model: both },
  { what: '84: --profile *', files: { 'compose.yaml': DEBUG }, flags: { profile: ['*'] }, model: both },
  {
    what: '84: COMPOSE_PROFILES with blanks around commas, and with * for all',
    files: { 'compose.yaml': DEBUG },
    env: { COMPOSE_PROFILES: 'other, *,' },
    model: both,
  },
  {
    what: '84: COMPOSE_PROFILES',
    files: { 'compose.yaml': DEBUG },
    env: { COMPOSE_PROFILES: 'debug' },
    model: both,
  },
  {
    what: '84: COMPOSE_PROFILES of .env',
    files: { 'compose.yaml': DEBUG, '.env': 'COMPOSE_PROFILES=other,debug\n' },
    model: both,
  },
]

test.each([...VARIABLES, ...NAMES, ...FILES, ...PROFILES])('$what', async (behaviour) => {
  const { files, cwd = '', flags = {}, env = {}, model, told = [], code = 0 } = behaviour
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const context = testContext(env)
  const all: ConfigFlags = { file: [], envFile: [], profile: [], output: 'yaml', ...flags }
  const run = (format: Partial<ConfigFlags>) =>
    config(context, { ...all, ...format }, { cwd: join(root, cwd), stdin: Readable.from([]) })
  expect(await run({ quiet: true })).toBe(code)
  expect(context.stderr).toEqual(told.map((line) => expect.stringMatching(line)))
  expect(await run({ output: 'json' })).toBe(code)
  if (model) expect(JSON.parse(context.stdout.join('\n'))).toMatchObject(model)
})
