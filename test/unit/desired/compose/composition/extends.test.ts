import { describe, expect, test } from 'vitest'
import { valueAt } from '../../../../../controller/desired/yaml/node.ts'
import type { Content } from '../../support.ts'
import { composed, services } from '../composition-support.ts'

/** The service `a` of files that have no problem. */
function a(files: Record<string, Content> | string, options = {}): unknown {
  return Object(services(files, options)).a
}

describe('a service of the same document', () => {
  test.each<[string, unknown]>([
    ['a: {extends: b}, b: {image: x, user: u}', { image: 'x', user: 'u' }],
    ['a: {extends: {service: b}, user: v}, b: {image: x, user: u}', { image: 'x', user: 'v' }],
    ['a: {extends: b, command: [c]}, b: {image: x, command: [d, e]}', { image: 'x', command: ['c'] }],
    [
      'a: {extends: b, cap_add: [A]}, b: {extends: c, cap_add: [B]}, c: {image: x, cap_add: [C]}',
      { image: 'x', cap_add: ['C', 'B', 'A'] },
    ],
    [
      'b: {image: x, environment: [B=1, C=1]}, a: {extends: b, environment: {A: 1, B: 2}}',
      { image: 'x', environment: { A: '1', B: '2', C: '1' } },
    ],
    [
      'a: {extends: b}, b: {image: x, links: [c], volumes_from: [c], network_mode: "service:c"}, c: {image: y}',
      { image: 'x', links: ['c'], volumes_from: ['c'], network_mode: 'service:c' },
    ],
    ['a: {extends: !reset null, image: x}, b: {image: y, user: u}', { image: 'x' }],
  ])('%s', (text, made) => expect(a(`services: {${text}}`)).toEqual(made))

  test('one that is extended stays as it is', () =>
    expect(services('services: {a: {extends: b, user: u}, b: {image: x}}')).toEqual({
      a: { image: 'x', user: 'u' },
      b: { image: 'x' },
    }))
})

describe('a service of another file', () => {
  test('has its paths from there, and the variables from here', () =>
    expect(
      a(
        {
          'web/compose.yaml': 'services: {a: {extends: {file: ../lib/base.yaml, service: b}, user: u}}',
          'lib/base.yaml':
            'services: {b: {image: "x:$TAG", build: ./b, env_file: b.env, volumes: ["./data:/data"], extends: {file: more/c.yaml, service: c}}}',
          'lib/more/c.yaml':
            'services: {c: {build: {dockerfile: D}, label_file: c.labels, extends: d}, d: {user: v, init: true}}',
          'lib/.env': 'TAG=2',
        },
        { compose: ['web/compose.yaml'], directory: 'web', variables: { TAG: '1' } },
      ),
    ).toMatchObject({
      image: 'x:1',
      build: { context: 'lib/b', dockerfile: 'D' },
      env_file: [{ path: 'lib/b.env' }],
      label_file: ['lib/more/c.labels'],
      volumes: [{ source: 'lib/data' }],
      user: 'u',
      init: true,
    }))

  test('comes alone', () =>
    expect(
      composed({
        'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
        'b.yaml':
          'include: [gone.yaml]\nnetworks: {n: {}}\nvolumes: {v: {}}\nservices: {b: {image: x, networks: [n]}, c: {imge: "$UNSET"}}',
      }),
    ).toMatchObject({ value: { services: { a: { image: 'x', networks: { n: null } } } }, told: [] }))

  test('is merged of all documents there', () =>
    expect(
      a({
        'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
        'b.yaml':
          'services: {b: {image: x, user: u, cap_add: [A]}}\n---\nservices: {b: {user: !reset null, cap_add: [B]}}',
      }),
    ).toEqual({ image: 'x', cap_add: ['A', 'B'] }))

  test('may say nothing', () =>
    expect(
      a({
        'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}, image: x}}',
        'b.yaml': 'services: {b: }',
      }),
    ).toEqual({ image: 'x' }))

  test('may be extended by the service of the same name over it', () =>
    expect(
      a(
        {
          'compose.yaml': 'services: {a: {image: x, cap_add: [A]}}',
          'over.yaml': 'services: {a: {extends: {file: compose.yaml, service: a}, cap_add: [B]}}',
        },
        { compose: ['compose.yaml', 'over.yaml'] },
      ),
    ).toEqual({ image: 'x', cap_add: ['A', 'B'] }))
})

describe('!reset and !override', () => {
  test.each<[string, unknown]>([
    ['a: {extends: b, cap_add: !override [A]}, b: {image: x, cap_add: [B]}', { image: 'x', cap_add: ['A'] }],
    ['a: {extends: b, user: !reset null}, b: {image: x, user: u}', { image: 'x' }],
    ['a: {extends: b, user: !reset null}, b: {extends: c}, c: {image: x, user: u}', { image: 'x' }],
    [
      'a: {extends: b, cap_add: [A]}, b: {extends: c, cap_add: !override [B]}, c: {image: x, cap_add: [C]}',
      { image: 'x', cap_add: ['B', 'A'] },
    ],
    [
      'a: {extends: b, environment: {B: !reset null}}, b: {image: x, environment: {B: 1, C: 1}}',
      { image: 'x', environment: { C: '1' } },
    ],
  ])('%s', (text, made) => expect(a(`services: {${text}}`)).toEqual(made))

  test('those of a base do not reach the document before', () =>
    expect(
      a(
        'services: {a: {cap_add: [A]}}\n---\nservices: {a: {extends: b}, b: {image: x, cap_add: !override [B]}}',
      ),
    ).toEqual({ image: 'x', cap_add: ['A', 'B'] }))

  test('those of the service reach both its base and the document before', () =>
    expect(
      a(
        'services: {a: {cap_add: [A]}}\n---\nservices: {a: {extends: b, cap_add: !override [C]}, b: {image: x, cap_add: [B]}}',
      ),
    ).toEqual({ image: 'x', cap_add: ['C'] }))
})

describe('what cannot be extended', () => {
  test.each<[string, string, string]>([
    [
      'an unknown service',
      '{extends: bb}',
      'f:1:25 services.a.extends.service: there is no service bb in compose.yaml; did you mean b?',
    ],
    [
      'an unknown service of a file',
      '{extends: {file: o.yaml, service: ther}}',
      'there is no service ther in o.yaml; did you mean there?',
    ],
    [
      'no service',
      '{extends: {file: o.yaml}}',
      'services.a.extends: needs the name of the service to extend: service',
    ],
    [
      'a missing file',
      '{extends: {file: gone.yaml, service: x}}',
      'services.a.extends.file: there is no file gone.yaml',
    ],
    [
      'a file outside',
      '{extends: {file: ../o.yaml, service: x}}',
      '../o.yaml leads out of the checkout; only files of the repository are read',
    ],
    [
      'a file of the host',
      '{extends: {file: /etc/o.yaml, service: x}}',
      '/etc/o.yaml leads out of the checkout; only files of the repository are read',
    ],
    [
      'a link that leads outside',
      '{extends: {file: out.yaml, service: x}}',
      'out.yaml leads out of the checkout through a symlink to /o.yaml; only files of the repository are read',
    ],
    [
      'https',
      '{extends: {file: "https://example.com/o.yaml", service: x}}',
      '"https://example.com/o.yaml": a file from a URL is not read; put it beside this one',
    ],
    [
      'oci',
      '{extends: {file: "oci://example.com/o", service: x}}',
      '"oci://example.com/o": a file from a URL is not read; put it beside this one',
    ],
    [
      'git',
      '{extends: {file: "git@example.com:o.git#main", service: x}}',
      '"git@example.com:o.git#main": a file from a URL is not read; put it beside this one',
    ],
    ['itself', '{extends: a}', 'services.a.extends: circular reference: a extends a'],
    [
      'a value that is broken',
      '{extends: [b]}',
      'services.a.extends: must be the name of a service, or a mapping with service and file, not a list',
    ],
  ])('%s', (_what, service, problem) => {
    const { told, value } = composed({
      'compose.yaml': `services: {a: ${service}, b: {image: x}}`,
      'o.yaml': 'services: {there: {image: x}}',
      'out.yaml': { link: '/o.yaml' },
    })
    expect(told).toEqual([expect.stringContaining(problem.replace(/^f:/, 'compose.yaml:'))])
    expect(value).toEqual({ services: { a: undefined, b: { image: 'x' } } })
  })

  test('what stands only in an earlier file is named with its file', () => {
    const files = {
      'w/compose.yaml': 'services: {b: {image: x}}',
      'w/over.yaml': 'services: {a: {extends: b}}',
    }
    const { told } = composed(files, { compose: ['w/compose.yaml', 'w/over.yaml'], directory: 'w' })
    expect(told).toEqual([
      'w/over.yaml:1:25 services.a.extends.service: there is no service b in w/over.yaml; name its file: {file: compose.yaml, service: b}',
    ])
  })

  test('a broken file is told of as it is', () =>
    expect(
      composed({
        'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
        'b.yaml': 'a: b: c',
      }).told,
    ).toEqual([
      'b.yaml:1:4 broken YAML: this value has a ": " in it; put it in quotes, or correct the indentation of the line below',
    ]))
})

describe('services that extend one another in a circle', () => {
  test('are told of once', () =>
    expect(
      composed('services: {a: {extends: b}, b: {extends: c}, c: {extends: b}, d: {extends: a}}').told,
    ).toEqual(['compose.yaml:1:59 services.c.extends: circular reference: b extends c extends b']))

  test('are told of with their files', () =>
    expect(
      composed({
        'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
        'b.yaml': 'services: {b: {extends: c}, c: {extends: {file: compose.yaml, service: a}}}',
      }).told,
    ).toEqual([
      'b.yaml:1:42 services.c.extends: circular reference: a in compose.yaml extends b in b.yaml extends c in b.yaml extends a in compose.yaml',
    ]))
})

describe('where a value comes from', () => {
  const files = {
    'compose.yaml': 'services:\n  a:\n    extends: {file: b.yaml, service: b}\n    deploy: {replicas: 2}',
    'b.yaml':
      'services:\n  b:\n    extends: c\n    image: x\n  c:\n    deploy: {mode: global, replicas: 1}\n    nope: 1',
  }

  test('is told with what is wrong with it', () => {
    const [problem] = composed(files).problems
    expect(problem).toMatchObject({
      file: 'b.yaml',
      line: 7,
      path: 'services.c.nope',
      related: [{ file: 'compose.yaml', line: 3, message: 'services.a extends services.b of b.yaml here' }],
    })
  })

  test('is noted on what is inherited', () => {
    const { model } = composed(files)
    const via = (...keys: string[]) =>
      (valueAt(model, 'services', 'a', ...keys)?.via ?? []).map(({ what }) => what)
    const [outer, inner] = [
      'services.a extends services.b of b.yaml here',
      'services.b extends services.c here',
    ]
    expect(via()).toEqual([])
    expect(via('image')).toEqual([outer])
    expect(via('deploy', 'mode')).toEqual([outer, inner])
    expect(via('deploy', 'replicas')).toEqual([])
  })
})

describe('caps', () => {
  test('a long chain', () => {
    const chain = Array.from({ length: 60 }, (_, at) => `s${at}: {extends: s${at + 1}}`)
    expect(composed(`services: {${chain.join(', ')}, s60: {image: x}}`).told).toEqual([
      expect.stringContaining('services.s49.extends: more than 50 services extend one another in a row'),
    ])
  })

  test('many large services', () => {
    const labels = Array.from({ length: 1000 }, (_, at) => `l${at}: x`).join(', ')
    const many = Array.from({ length: 1000 }, (_, at) => `s${at}: {extends: base}`).join(', ')
    const { model, told } = composed(`services: {base: {image: x, labels: {${labels}}}, ${many}}`)
    expect(model).toBeUndefined()
    expect(told).toEqual([
      expect.stringContaining(
        'more than 200000 values are taken in by include and extends; split the project into several',
      ),
    ])
  })
})
