import { describe, expect, it, test } from 'vitest'
import { type ProjectFlags, settle } from '../../../../controller/cli/project/settings.ts'
import type { Files } from '../../../../controller/desired/files/files.ts'

const FLAGS: ProjectFlags = { file: [], envFile: [], profile: [] }

function filesOf(contents: Record<string, string>): Files {
  return {
    seen: new Map(),
    identity: () => undefined,
    list: () => undefined,
    read: (path) => {
      const text = contents[path]
      if (text === undefined) return { problem: `there is no file ${path}`, missing: true }
      const content = Buffer.from(text)
      return {
        file: { path, size: content.length, kind: 'file', hash: '', content },
        bytes: content,
      }
    },
  }
}

/** What is settled in /work, where the given files are. */
function settled(
  contents: Record<string, string>,
  flags: Partial<ProjectFlags> = {},
  env: Record<string, string> = {},
) {
  const isThere = (path: string) => path in contents
  return settle(
    { ...FLAGS, ...flags },
    { cwd: '/work', env, files: filesOf(contents), unset: 'blank', isThere },
  )
}

describe('the compose files', () => {
  const there = { '/work/compose.yaml': '' }

  test.each<[string, Partial<ProjectFlags>, Record<string, string>, string[]]>([
    ['are found', {}, {}, ['/work/compose.yaml']],
    ['are those of -f', { file: ['a.yaml', '/b.yaml'] }, {}, ['/work/a.yaml', '/b.yaml']],
    [
      'are those of COMPOSE_FILE',
      {},
      { COMPOSE_FILE: 'a.yaml:sub/b.yaml' },
      ['/work/a.yaml', '/work/sub/b.yaml'],
    ],
    [
      'stand apart as COMPOSE_PATH_SEPARATOR says',
      {},
      { COMPOSE_FILE: 'a.yaml,b.yaml', COMPOSE_PATH_SEPARATOR: ',' },
      ['/work/a.yaml', '/work/b.yaml'],
    ],
    ['are those of -f first', { file: ['a.yaml'] }, { COMPOSE_FILE: 'b.yaml' }, ['/work/a.yaml']],
    ['are none of an empty COMPOSE_FILE', {}, { COMPOSE_FILE: '' }, ['/work/compose.yaml']],
  ])('%s', (_what, flags, env, compose) => {
    expect(settled(there, flags, env).compose).toEqual(compose)
  })

  it('may stand in .env', () => {
    expect(settled({ '/work/.env': 'COMPOSE_FILE=a.yaml:b.yaml\n' }).compose).toEqual([
      '/work/a.yaml',
      '/work/b.yaml',
    ])
  })

  it('may be none', () => {
    expect(settled({})).toMatchObject({ compose: [], directory: '/work' })
  })
})

// Behaviour 71.
describe('the project directory', () => {
  test.each<[Partial<ProjectFlags>, string]>([
    [{ file: ['sub/a.yaml', '/b.yaml'] }, '/work/sub'],
    [{ file: ['-'] }, '/work'],
    [{ file: ['-', 'sub/a.yaml'] }, '/work/sub'],
    [{ file: ['sub/a.yaml'], projectDirectory: 'other' }, '/work/other'],
    [{}, '/work'],
  ])('of %j is %s', (flags, directory) => {
    expect(settled({}, flags).directory).toBe(directory)
  })

  it('is the folder above where the compose file is found', () => {
    expect(settled({ '/compose.yaml': '' }).directory).toBe('/')
  })

  it('is where a compose file is looked for', () => {
    const { compose } = settled({ '/other/compose.yaml': '' }, { projectDirectory: '/other' })
    expect(compose).toEqual(['/other/compose.yaml'])
  })
})

describe('variables', () => {
  const value = (
    contents: Record<string, string>,
    flags: Partial<ProjectFlags> = {},
    env: Record<string, string> = {},
  ) => settled({ '/work/compose.yaml': '', ...contents }, flags, env).variables.get('V')

  // Behaviours 34 and 35.
  it('come from .env of the project directory, and from the environment first', () => {
    expect(value({ '/work/.env': 'V=file\n' })).toBe('file')
    expect(value({ '/work/.env': 'V=file\n' }, {}, { V: 'environment' })).toBe('environment')
    expect(value({ '/work/.env': 'V=file\n' }, {}, { V: '' })).toBe('')
    expect(value({ '/work/.env': 'V=file\n' }, { file: ['sub/a.yaml'] })).toBeUndefined()
    expect(value({ '/other/.env': 'V=file\n' }, { projectDirectory: '/other' })).toBe('file')
  })

  it('come from .env of both folders when the compose file is found above, the working folder first', () => {
    const contents = { '/compose.yaml': '', '/.env': 'V=above\nW=above\n', '/work/.env': 'V=here\n' }
    const { variables } = settled(contents)
    expect([variables.get('V'), variables.get('W')]).toEqual(['here', 'above'])
  })

  // Behaviour 36.
  it('come from --env-file in place of .env, the later winning', () => {
    const contents = { '/work/.env': 'V=usual\n', '/work/a': 'V=a\nW=a\n', '/work/b': 'V=b$W\n' }
    expect(value(contents, { envFile: ['a'] })).toBe('a')
    expect(value(contents, { envFile: ['a', 'b'] })).toBe('ba')
    expect(value(contents, {}, { COMPOSE_ENV_FILES: 'b,a' })).toBe('a')
    expect(value({ ...contents, '/work/.env': 'V=usual\nCOMPOSE_ENV_FILES=a\n' })).toBe('a')
    expect(value({ '/work/.env': 'V=usual\n' }, {}, { COMPOSE_DISABLE_ENV_FILE: 'true' })).toBeUndefined()
  })

  it('have PWD for the working folder', () => {
    expect(settled({}).variables.get('PWD')).toBe('/work')
  })

  it('have the problems of their files, each once', () => {
    const { problems } = settled({ '/work/.env': 'not a variable\n' }, { envFile: [] })
    expect(problems).toMatchObject([{ file: '/work/.env', line: 1, severity: 'error' }])
    const missing = settled({}, { envFile: ['nope'] }).problems
    expect(missing).toMatchObject([{ file: '/work/nope', message: 'there is no such file' }])
  })
})

// Behaviour 84.
test.each<[string[], Record<string, string>, string[]]>([
  [[], { COMPOSE_PROFILES: 'other' }, []],
  [['debug', 'test'], { COMPOSE_PROFILES: 'other' }, ['debug', 'test']],
])('profiles of %j and %j', (profile, env, profiles) => {
  expect(settled({}, { profile }, env).profiles).toEqual(profiles)
})

// Behaviour 52.
test.each<[string | undefined, Record<string, string>, string | undefined]>([
  [undefined, {}, undefined],
  ['flag', { COMPOSE_PROJECT_NAME: 'variable' }, 'flag'],
  [undefined, { COMPOSE_PROJECT_NAME: 'variable' }, undefined],
])('the name of -p %s and %j', (flag, env, name) => {
  expect(settled({}, flag === undefined ? {} : { projectName: flag }, env).name).toBe(name)
})
