import { describe, expect, test } from 'vitest'
import {
  filesFrom,
  formatProblem,
  loadProject,
  type ProjectInput,
  projectJson,
  readEnvFiles,
} from '../../../../controller/desired/compose/index.ts'

const WEB = 'services: {web: {image: nginx}}'

/** What a program without types may give in the place of an input. */
type Given = { [key in keyof ProjectInput]?: unknown }

function load(given: Given, texts: Record<string, unknown> = { 'compose.yaml': WEB }) {
  const files = filesFrom(texts as Record<string, string>)
  const input = { files, compose: ['compose.yaml'], name: 'shop', ...given } as ProjectInput
  const { project, problems } = loadProject(input)
  return { project: project && projectJson(project), problems: problems.map(formatProblem) }
}

describe('what a project is loaded from', () => {
  test('is the files, their paths and a name; the rest has defaults', () => {
    const all = { directory: '', variables: () => undefined, unset: 'error', profiles: [] }
    const yaml = 'services: {web: {image: "a:$T", env_file: x.env}, off: {image: b, profiles: [p]}}'
    const texts = { 'compose.yaml': yaml, 'x.env': 'A=1' }
    expect(load({}, texts)).toEqual(load(all, texts))
    expect(load({}, texts).problems).toEqual([
      expect.stringMatching(/^compose\.yaml:1:\d+ services\.web\.image: variable T is not set; /),
    ])
  })

  test.each([undefined, [], 'compose.yaml'])('is at least one compose file, not %j', (compose) => {
    expect(load({ compose })).toEqual({
      project: undefined,
      problems: ['no compose file is given; name at least one, as in compose: ["compose.yaml"]'],
    })
  })

  test.each(['', 'My Shop', '-shop', 'x'.repeat(64), undefined])('has a name, not %j', (name) => {
    expect(load({ name }).problems).toEqual([
      expect.stringMatching(/^compose\.yaml: ".*" is no project name: only lower case letters/),
    ])
  })

  test('lets through what a function of the caller throws', () => {
    const variables = () => {
      throw new Error('no vault')
    }
    expect(() => load({ variables }, { 'compose.yaml': 'services: {web: {image: "$T"}}' })).toThrow(
      'no vault',
    )
  })
})

describe('files by value', () => {
  test.each([
    [{ './compose.yaml': WEB }, 'compose.yaml'],
    [{ 'compose.yaml': WEB }, './compose.yaml'],
    [{ 'a/../compose.yaml': WEB }, 'b/../compose.yaml'],
  ])('%j has %s', (texts, path) => {
    expect(load({ compose: [path] }, texts)).toEqual(load({}))
  })

  test('tells a circle at once however the first path is written', () => {
    const { problems } = load({ compose: ['./compose.yaml'] }, { 'compose.yaml': 'include: [compose.yaml]' })
    expect(problems).toEqual([
      'compose.yaml:1:11 include[0].path[0]: circular include: compose.yaml includes compose.yaml',
    ])
  })

  test.each([5, null, undefined, {}, ['a']])('refuses a content of %j', (content) => {
    expect(load({}, { 'compose.yaml': content }).problems).toEqual([
      expect.stringMatching(/^compose\.yaml: .*is no text; give it as a string$/),
    ])
  })

  test('has no absolute paths', () => {
    expect(load({ compose: ['/compose.yaml'] }, { '/compose.yaml': WEB }).problems).toEqual([
      expect.stringContaining('leads out of the checkout'),
    ])
  })
})

test('env files are read without more inputs', () => {
  const { variables, problems } = readEnvFiles(['.env'], { files: filesFrom({ '.env': 'A=1\nB=$A$C' }) })
  expect(Object.fromEntries(variables)).toMatchObject({ A: '1' })
  expect(problems.map(formatProblem)).toEqual([expect.stringContaining('variable C is not set')])
})
