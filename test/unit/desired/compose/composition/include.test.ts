import { describe, expect, test } from 'vitest'
import { valueAt } from '../../../../../controller/desired/yaml/node.ts'
import type { Content } from '../../support.ts'
import { composed, services } from '../composition-support.ts'

/** The files with `compose.yaml` that has the lines given. */
function including(lines: string, files: Record<string, Content>): Record<string, Content> {
  return { 'compose.yaml': lines, ...files }
}

describe('what is included', () => {
  test('has its paths and its .env from its folder', () =>
    expect(
      services(
        including('include: [sub/c.yaml]\nservices: {a: {image: "x:${TAG}", build: ./a}}', {
          'sub/c.yaml': 'services: {b: {image: "x:${TAG}-${OWN}", build: ./b, environment: [OWN, NONE]}}',
          'sub/.env': 'TAG=inner\nOWN=$TAG',
        }),
        { variables: { TAG: 'outer' } },
      ),
    ).toEqual({
      a: { image: 'x:outer', build: { context: 'a' } },
      b: { image: 'x:outer-outer', build: { context: 'sub/b' }, environment: { OWN: 'outer', NONE: null } },
    }))

  test('may have another project directory, env files and files over it', () =>
    expect(
      services(
        including(
          'include: [{path: [lib/c.yaml, lib/over.yaml], project_directory: p, env_file: [one.env, two.env, /dev/null]}]',
          {
            'lib/c.yaml': 'services: {b: {image: "x:$A$B", build: ., user: u}}',
            'lib/over.yaml': 'services: {b: {user: !override v}}',
            'one.env': 'A=1\nB=1',
            'two.env': 'B=2',
            'p/.env': 'A=not this',
          },
        ),
      ),
    ).toEqual({ b: { image: 'x:12', build: { context: 'p' }, user: 'v' } }))

  test('gives resources of all kinds, but neither its name nor keys of its own', () => {
    const sections = ['networks', 'volumes', 'secrets', 'configs', 'models']
    const { value } = composed(
      including('include: [c.yaml]\nnetworks: {own: {}}', {
        'c.yaml': `name: other\nx-own: 1\nservices: {b: {image: x}}\n${sections.map((one) => `${one}: {n: {name: m}}`).join('\n')}`,
      }),
    )
    expect(value).toEqual({
      services: { b: { image: 'x' } },
      ...Object.fromEntries(sections.map((one) => [one, { n: { name: 'm' } }])),
      networks: { own: expect.anything(), n: { name: 'm' } },
    })
  })

  test('may include in turn, with the variables of both', () =>
    expect(
      services(
        including('include: [one/c.yaml]', {
          'one/c.yaml': 'include: [two/c.yaml]',
          'one/.env': 'A=one\nB=one',
          'one/two/c.yaml': 'services: {b: {image: "$A$B$C", build: .}}',
          'one/two/.env': 'B=two\nC=two',
        }),
      ),
    ).toEqual({ b: { image: 'oneonetwo', build: { context: 'one/two' } } }))

  test('may start its paths here', () =>
    expect(
      services(
        including('include: [{path: sub/c.yaml, project_directory: .}]', {
          'sub/c.yaml': 'services: {b: {build: ./b, extends: {file: sub/d.yaml, service: d}}}',
          'sub/d.yaml': 'services: {d: {env_file: d.env}}',
        }),
      ),
    ).toMatchObject({ b: { build: { context: 'b' }, env_file: [{ path: 'sub/d.env' }] } }))

  test('may be extended', () =>
    expect(
      services(
        including('include: [c.yaml]\nservices: {a: {extends: b, user: u}}', {
          'c.yaml': 'services: {b: {image: x, extends: c}, c: {init: true}}',
        }),
      ),
    ).toMatchObject({ a: { image: 'x', user: 'u', init: true } }))

  test('may be empty', () =>
    expect(
      services(including('include: [c.yaml]\nservices: {a: {image: x}}', { 'c.yaml': '# nothing' })),
    ).toEqual({
      a: { image: 'x' },
    }))
})

describe('of definitions with one name', () => {
  test('the local one goes over the included one', () =>
    expect(
      services(
        including('include: [c.yaml]\nservices: {a: {image: x, cap_add: [A], command: !reset null}}', {
          'c.yaml': 'services: {a: {image: y, cap_add: [B], command: [c], user: u}}',
        }),
      ),
    ).toEqual({ a: { image: 'x', cap_add: ['B', 'A'], user: 'u' } }))

  test('that of a later file goes over both', () =>
    expect(
      services(
        {
          ...including('include: [c.yaml]', { 'c.yaml': 'services: {a: {image: y, user: u}}' }),
          'over.yaml': 'services: {a: {image: z}}',
        },
        { compose: ['compose.yaml', 'over.yaml'] },
      ),
    ).toEqual({ a: { image: 'z', user: 'u' } }))

  test('that of the file that is included first goes over the next', () =>
    expect(
      services(
        including('include: [one.yaml, two.yaml]', {
          'one.yaml': 'services: {a: {image: x}}',
          'two.yaml': 'services: {a: {image: y, user: u}}',
        }),
      ),
    ).toEqual({ a: { image: 'x', user: 'u' } }))

  test('those that say the same are one, whichever way they come', () =>
    expect(
      services(
        including('include: [one.yaml, sub/two.yaml, lib/c.yaml]', {
          'one.yaml': 'include: [lib/c.yaml]',
          'sub/two.yaml': 'include: [../lib/c.yaml]',
          'sub/.env': 'X=1',
          'lib/c.yaml': 'services: {a: {image: x, group_add: [g], command: [b], environment: {A: 1}}}',
        }),
      ),
    ).toEqual({ a: { image: 'x', group_add: ['g'], command: ['b'], environment: { A: '1' } } }))
})

describe('what cannot be included', () => {
  test.each<[string, string, string]>([
    ['a text', 'c.yaml', '1:10 include: must be a list of paths, not "c.yaml"'],
    ['a missing file', '[gone.yaml]', '1:11 include[0].path[0]: there is no file gone.yaml'],
    [
      'a file outside',
      '[../c.yaml]',
      '1:11 include[0].path[0]: ../c.yaml leads out of the checkout; only files of the repository are read',
    ],
    [
      'a remote file',
      '["https://example.com/c.yaml"]',
      '1:11 include[0].path[0]: "https://example.com/c.yaml": a file from a URL is not read; put it beside this one',
    ],
    ['no file', '[{env_file: e.env}]', '1:11 include[0]: needs the file to include: path'],
    [
      'a missing env file',
      '[{path: c.yaml, env_file: gone.env}]',
      '1:36 include[0].env_file[0]: there is no file gone.env',
    ],
    [
      'a folder outside',
      '[{path: c.yaml, project_directory: ../x}]',
      '1:45 include[0].project_directory: ../x leads out of the checkout; only files of the repository are read',
    ],
  ])('%s', (_what, include, problem) => {
    const { told, model } = composed(
      including(`include: ${include}`, { 'c.yaml': 'services: {b: {image: x}}' }),
    )
    expect(told).toEqual([`compose.yaml:${problem}`])
    expect(model).toBeUndefined()
  })

  test('what is wrong with an included file is told with how it came in', () => {
    const { problems } = composed(
      including('include:\n  - one/c.yaml', {
        'one/c.yaml': 'include: [two.yaml]',
        'one/two.yaml': 'services:\n  b: {image: "$UNSET", nope: 1, extends: {file: d.yaml, service: d}}',
        'one/d.yaml': 'services: {d: {nope: 1}}',
      }),
    )
    const came = [
      { file: 'compose.yaml', line: 2, column: 5, message: 'compose.yaml includes one/c.yaml here' },
      { file: 'one/c.yaml', line: 1, column: 11, message: 'one/c.yaml includes two.yaml here' },
    ]
    const extended = expect.objectContaining({ message: 'services.b extends services.d of one/d.yaml here' })
    expect(problems.map(({ path, related }) => [path, related])).toEqual([
      ['services.b.image', came],
      ['services.b.nope', came],
      ['services.d.nope', [...came, extended]],
    ])
  })
})

describe('files that include one another in a circle', () => {
  test.each<[string, Record<string, Content>, string]>([
    [
      'three',
      including('include: [one.yaml]', {
        'one.yaml': 'include: [two.yaml]',
        'two.yaml': 'include: [{path: [c.yaml, one.yaml]}]',
        'c.yaml': '',
      }),
      'two.yaml:1:27 include[0].path[1]: circular include: one.yaml includes two.yaml includes one.yaml',
    ],
    [
      'one',
      including('include: [./compose.yaml]', {}),
      'compose.yaml:1:11 include[0].path[0]: circular include: compose.yaml includes compose.yaml',
    ],
  ])('%s', (_what, files, problem) => expect(composed(files).told).toEqual([problem]))
})

test('where a resource comes from is noted on it', () => {
  const { model } = composed(
    including('include:\n  - c.yaml\nservices: {a: {image: x}}', {
      'c.yaml': 'services: {a: {user: u}, b: {image: x}}',
    }),
  )
  const via = (...keys: string[]) => valueAt(model, 'services', ...keys)?.via
  const origin = {
    at: { file: 'compose.yaml', line: 2, column: 5 },
    what: 'compose.yaml includes c.yaml here',
  }
  expect([via('a'), via('a', 'image'), via('a', 'user'), via('b')]).toEqual([
    undefined,
    undefined,
    [origin],
    [origin],
  ])
})

describe('caps', () => {
  test('files that include two others each, over and over', () => {
    const layer = (at: number): [string, string][] => [
      [`a${at}/c.yaml`, `include: [../a${at + 1}/c.yaml, ../b${at + 1}/c.yaml]`],
      [`b${at}/c.yaml`, `include: [../a${at + 1}/c.yaml, ../b${at + 1}/c.yaml]`],
      [`a${at}/.env`, `A${at}=1`],
      [`b${at}/.env`, `B${at}=1`],
    ]
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, at) => layer(at)).flat())
    const last = { 'a40/c.yaml': 'services: {a: {image: x}}', 'b40/c.yaml': 'services: {b: {image: x}}' }
    const { told, model } = composed(including('include: [a0/c.yaml]', { ...files, ...last }))
    expect(model).toBeUndefined()
    expect(told).toEqual([
      expect.stringContaining(
        'more than 300 files are included and extended; split the project into several',
      ),
    ])
  })

  test('a long way', () => {
    const files = Array.from({ length: 100 }, (_, at): [string, string] => [
      `${at}.yaml`,
      `include: [${at + 1}.yaml]`,
    ])
    const { told } = composed(
      including('include: [0.yaml]', { ...Object.fromEntries(files), '100.yaml': '' }),
    )
    expect(told).toEqual([expect.stringContaining('more than 50 files include one another in a row')])
  })

  test('the same files many times are no harm', () => {
    const layer = (at: number): [string, string] => [
      `${at}.yaml`,
      `include: [${at + 1}.yaml, ${at + 1}.yaml]`,
    ]
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, at) => layer(at)))
    expect(
      services(including('include: [0.yaml]', { ...files, '40.yaml': 'services: {a: {image: x}}' })),
    ).toEqual({
      a: { image: 'x' },
    })
  })
})
