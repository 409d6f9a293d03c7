import { describe, expect, test } from 'vitest'
import { resolveEnvironment } from '../../../../../controller/desired/compose/variables/environment.ts'
import { cursorAt } from '../../../../../controller/desired/cursor.ts'
import { valueAt } from '../../../../../controller/desired/yaml/node.ts'
import { shown } from '../../support.ts'
import { plain } from '../canonical-support.ts'
import { aModel } from '../model-support.ts'
import { aFolder, lookupIn } from '../variables-support.ts'

interface Given {
  files?: Record<string, string>
  variables?: Record<string, string>
  unset?: 'error' | 'blank'
}

function resolved(yaml: string, { files = {}, variables = {}, unset = 'error' }: Given = {}) {
  const at = cursorAt(aModel(yaml), [])
  const model = resolveEnvironment(at, { files: aFolder(files), variables: lookupIn(variables), unset })
  return { model, value: plain(model), problems: at.problems.map(shown) }
}

/** The service `a` with the lines given. */
function serviceOf(lines: string, given?: Given) {
  const { model, problems } = resolved(`services: {a: {${lines}}}`, given)
  const service = valueAt(model, 'services', 'a')
  return { service: service && plain(service), problems }
}

const listed = (...paths: string[]) =>
  `env_file: [${paths.map((path) => `{path: ${path}, required: true}`).join(', ')}]`

/** Numbers are those of the reference's behaviours of Compose. */
describe('the environment of a service', () => {
  test.each<[string, string, Given, object]>([
    ['is left as it is', 'environment: {A: x}', {}, { environment: { A: 'x' } }],
    ['may be absent', 'image: i', {}, { image: 'i' }],
    [
      'takes values by name', // 49
      'environment: {A: , B: , C: ""}',
      { variables: { A: '1', C: '2' } },
      { environment: { A: '1', B: null, C: '' } },
    ],
    [
      'comes from files, later over earlier, and is written over them', // 46
      `${listed('a', 'b')}, environment: {C: own}`,
      { files: { a: 'A=1\nB=1\nC=1', b: 'B=2' } },
      { environment: { A: '1', B: '2', C: 'own' } },
    ],
    [
      'keeps a name without a value over a file',
      `${listed('a')}, environment: {A: }`,
      { files: { a: 'A=1' } },
      { environment: { A: null } },
    ],
    ['is not made of an empty file', listed('a'), { files: { a: '# nothing' } }, {}],
    [
      'expands what files say: variables, then its own, then earlier names', // 44
      `${listed('a', 'b')}, environment: {OWN: own}`,
      { files: { a: 'A=1\nOUT=file\nB=$A$OWN$OUT', b: 'C=${A}${NO:-def}' }, variables: { OUT: 'outer' } },
      { environment: { A: '1', OUT: 'file', B: '1ownouter', C: '1def', OWN: 'own' } },
    ],
    [
      'takes bare names of files',
      listed('a'),
      { files: { a: 'A\nB' }, variables: { A: '1' } },
      { environment: { A: '1' } },
    ], // 43
    ['goes without a file that may be missing', 'env_file: [{path: no, required: false}]', {}, {}], // 47
    [
      'takes raw files as they are', // 48
      'env_file: [{path: a, format: raw}]',
      { files: { a: 'A="x" $NO' } },
      { environment: { A: '"x" $NO' } },
    ],
  ])('%s', (_what, lines, given, service) => {
    expect(serviceOf(lines, given)).toEqual({ service, problems: [] })
  })

  test('labels come from label_file the same way', () => {
    const files = { l: 'com.a=1\ncom.b=$A', m: 'com.b=2' }
    expect(serviceOf('label_file: [l, m], labels: {com.a: own}', { files, variables: { A: 'a' } })).toEqual({
      service: { labels: { 'com.a': 'own', 'com.b': '2' } },
      problems: [],
    })
  })

  test('arguments of a build are taken by name, or left out', () => {
    expect(serviceOf('build: {args: {A: , B: , C: x}}', { variables: { A: '1' } }).service).toEqual({
      build: { args: { A: '1', C: 'x' } },
    })
  })

  test('a value of a file knows where it is written and who names the file', () => {
    const { model } = resolved(`services: {a: {${listed('a')}}}`, { files: { a: '\nA=1' } })
    expect(valueAt(model, 'services', 'a', 'environment', 'A')).toMatchObject({
      at: { file: 'a', line: 2, column: 1 },
      via: [{ at: { file: 'f', line: 1 }, what: 'services.a.env_file[0] names the file here' }],
    })
  })

  test.each<[string, string, Given, string[]]>([
    [
      'a missing file', // 47
      listed('no.env'),
      {},
      [
        'f:1:34 services.a.env_file[0].path: env file no.env not found; add it, correct the path, or write required: false beside it if it may be missing',
      ],
    ],
    [
      'a missing file of labels',
      'label_file: [no]',
      {},
      ['f:1:29 services.a.label_file[0]: label file no not found; add it or correct the path'],
    ],
    [
      'a file outside',
      'env_file: [{path: ../x, required: false}]',
      {},
      [
        'f:1:34 services.a.env_file[0].path: ../x leads out of the checkout; only files of the repository are read',
      ],
    ],
    [
      'an unknown format', // 48
      'env_file: [{path: a, format: json}]',
      { files: { a: '' } },
      ['f:1:45 services.a.env_file[0].format: must be raw, not "json"'],
    ],
    [
      'all problems of the files', // 41, 42
      listed('a', 'b'),
      { files: { a: 'A A\nB="x', b: '=1' } },
      [
        'a:1:1 this line is no NAME=value: a name has no space',
        'a:2:3 the quote of B is not closed',
        'b:1:1 this line is no NAME=value: there is no name',
      ],
    ],
    [
      'an unset variable in a file, where that is blank',
      listed('a'),
      { files: { a: 'A=$NO' }, unset: 'blank' },
      ['notice a:1:3 A: variable NO is not set; it counts as blank'],
    ],
  ])('tells of %s', (_what, lines, given, problems) => {
    expect(serviceOf(lines, given).problems).toEqual(problems)
  })

  test('an unset variable in a file is an error', () => {
    expect(serviceOf(listed('a'), { files: { a: 'A=$NO' } }).problems).toEqual([
      expect.stringMatching(/^a:1:3 A: variable NO is not set; set it in/),
    ])
  })
})

describe('configs and secrets', () => {
  test('a config takes the value of its variable, a secret does not', () => {
    // 105
    const yaml = 'configs: {c: {environment: A}, d: {file: x}}\nsecrets: {s: {environment: A}}'
    expect(resolved(yaml, { variables: { A: 'clear' } })).toMatchObject({
      value: {
        configs: { c: { environment: 'A', content: 'clear' }, d: { file: 'x' } },
        secrets: { s: { environment: 'A' } },
      },
      problems: [],
    })
  })

  test.each([
    [
      'error',
      'secrets',
      "f:1:28 secrets.s.environment: variable NO is not set, so the secret has no content; set it in the stack's .env, under x-setpoint.variables or in a --variables file",
    ],
    [
      'error',
      'configs',
      "f:1:28 configs.s.environment: variable NO is not set, so the config has no content; set it in the stack's .env, under x-setpoint.variables or in a --variables file",
    ],
    [
      'blank',
      'secrets',
      'notice f:1:28 secrets.s.environment: variable NO is not set, so the secret has no content',
    ],
  ] as const)('with unset: %s, one of %s without its variable is told of', (unset, section, problem) => {
    expect(resolved(`${section}: {s: {environment: NO}}`, { unset }).problems).toEqual([problem])
  })
})

describe('what grows is refused', () => {
  const many = (lines: string) => Array.from({ length: 30 }, (_, n) => `s${n}: {${lines}}`).join(', ')

  test('variables that are taken very often', () => {
    const { problems } = resolved(`services: {${many('environment: {BIG: }')}}`, {
      variables: { BIG: 'x'.repeat(400_000) },
    })
    expect(problems).toEqual([
      'f:1:1 has more than 8388608 bytes once the variables that it names are filled in',
    ])
  })

  test('files that are read very often', () => {
    const { problems } = resolved(`services: {${many(listed('a'))}}`, {
      files: { a: `A=${'x'.repeat(400_000)}` },
    })
    expect(problems).toEqual([
      'f:1:479 services.s10.env_file[0]: has, with the files read before it, more than 8388608 bytes',
    ])
  })
})
