import { describe, expect, test } from 'vitest'
import { valueAt } from '../../../../../controller/desired/yaml/node.ts'
import { composed, merged, services } from '../composition-support.ts'

/** Each line: the service in a first document, in a second over it → what they make. */
describe('two documents', () => {
  test.each<[string, string, unknown]>([
    // scalars are replaced, mappings merged, lists appended
    ['{image: x, user: u}', '{image: y}', { image: 'y', user: 'u' }],
    ['{deploy: {replicas: 3}}', '{deploy: {replicas: 0}}', { deploy: { replicas: 0 } }],
    [
      '{deploy: {mode: global}}',
      '{deploy: {labels: {b: 1}}}',
      { deploy: { mode: 'global', labels: { b: '1' } } },
    ],
    ['{cap_add: [A, B]}', '{cap_add: [C, A]}', { cap_add: ['A', 'B', 'C'] }],
    ['{dns: 1.1.1.1}', '{dns: [1.0.0.1, 1.1.1.1]}', { dns: ['1.1.1.1', '1.0.0.1'] }],
    ['{environment: [A=1, B=2]}', '{environment: {B: 3, C: 4}}', { environment: { A: '1', B: '3', C: '4' } }],
    ['{environment: {A: 1}}', '{environment: [A]}', { environment: { A: null } }],
    ['{labels: {a: 1}}', '{labels: [a]}', { labels: { a: '' } }],
    ['{x-a: {b: 1, c: [1]}}', '{x-a: {b: 2, c: [2]}}', { 'x-a': { b: 2, c: [1, 2] } }],
    // what stands for nothing changes nothing
    ['{networks: {n: {aliases: [b]}}}', '{networks: [n]}', { networks: { n: { aliases: ['b'] } } }],
    ['{networks: [n]}', '{networks: {n: {aliases: [b]}}}', { networks: { n: { aliases: ['b'] } } }],
    // some fields are replaced
    ['{command: [a, b]}', '{command: [c]}', { command: ['c'] }],
    ['{command: [a, b]}', '{command: null}', { command: null }],
    ['{entrypoint: [a]}', '{entrypoint: []}', { entrypoint: [] }],
    [
      '{healthcheck: {test: [CMD, a], retries: 1}}',
      '{healthcheck: {test: [NONE]}}',
      { healthcheck: { test: ['NONE'], retries: 1 } },
    ],
    ['{ulimits: {nproc: {soft: 1, hard: 2}}}', '{ulimits: {nproc: 3}}', { ulimits: { nproc: 3 } }],
    [
      '{ulimits: {nproc: 3}}',
      '{ulimits: {nproc: {soft: 1, hard: 2}}}',
      { ulimits: { nproc: { soft: 1, hard: 2 } } },
    ],
    // the options of a log belong to its driver
    [
      '{logging: {driver: d, options: {a: 1, b: 1}}}',
      '{logging: {driver: d, options: {b: 2}}}',
      { logging: { driver: 'd', options: { a: '1', b: '2' } } },
    ],
    [
      '{logging: {driver: d, options: {a: 1}}}',
      '{logging: {options: {b: 2}}}',
      { logging: { driver: 'd', options: { a: '1', b: '2' } } },
    ],
    [
      '{logging: {options: {a: 1}}}',
      '{logging: {driver: d}}',
      { logging: { driver: 'd', options: { a: '1' } } },
    ],
    [
      '{logging: {driver: d, options: {a: 1}}}',
      '{logging: {driver: e, options: {b: 2}}}',
      { logging: { driver: 'e', options: { b: '2' } } },
    ],
  ])('%s, %s', (base, over, made) => expect(merged(base, over)).toEqual(made))

  test('ports that are the same are one', () =>
    expect(merged('{ports: ["80:80", "81:81"]}', '{ports: ["80:80", "82:82"]}')).toMatchObject({
      ports: [{ published: '80' }, { published: '81' }, { published: '82' }],
    }))

  test('a later mount takes the place of the earlier', () =>
    expect(merged('{volumes: ["a:/a", "b:/b"]}', '{volumes: ["c:/a"]}')).toMatchObject({
      volumes: [{ source: 'c' }, { source: 'b' }],
    }))

  test('pools of addresses are merged by their subnet', () => {
    const pools = (text: string) => `networks: {n: {ipam: {config: ${text}}}}`
    const { value } = composed(
      [
        pools('[{subnet: 10.0.0.0/8, gateway: 10.0.0.1}, {subnet: 11.0.0.0/8}]'),
        pools('[{subnet: 10.0.0.0/8, ip_range: 10.1.0.0/16}, {subnet: 12.0.0.0/8}]'),
      ].join('\n---\n'),
    )
    expect(value).toEqual({
      networks: {
        n: {
          ipam: {
            config: [
              { subnet: '10.0.0.0/8', gateway: '10.0.0.1', ip_range: '10.1.0.0/16' },
              { subnet: '12.0.0.0/8' },
            ],
          },
        },
      },
    })
  })

  test('neither needs to be complete', () =>
    expect(merged('{image: x}', '{depends_on: {b: {required: false}}}')).toMatchObject({
      depends_on: { b: { required: false } },
    }))
})

describe('!reset and !override', () => {
  test.each<[string, string, unknown]>([
    ['{image: x, cap_add: [A]}', '{cap_add: !reset []}', { image: 'x' }],
    ['{image: x, user: u}', '{user: !reset null}', { image: 'x' }],
    ['{image: x}', '{user: !reset null}', { image: 'x' }],
    ['{cap_add: [A]}', '{cap_add: !override [B]}', { cap_add: ['B'] }],
    ['{environment: {A: 1}}', '{environment: !override {B: 2}}', { environment: { B: '2' } }],
    [
      '{environment: {A: 1, B: 1}}',
      '{environment: {A: !reset null, C: 1}}',
      { environment: { B: '1', C: '1' } },
    ],
    [
      '{deploy: {labels: {a: 1}, mode: global}}',
      '{deploy: {labels: !override {b: 1}}}',
      { deploy: { labels: { b: '1' }, mode: 'global' } },
    ],
    [
      '{deploy: {mode: global}}',
      '{deploy: !override {replicas: 1, mode: !reset null}}',
      { deploy: { replicas: 1 } },
    ],
  ])('%s, %s', (base, over, made) => expect(merged(base, over)).toEqual(made))

  test('a service may be taken away, or replaced', () =>
    expect(
      services(
        'services: {a: {image: x, user: u}, b: {image: x}}\n---\nservices: {a: !override {image: y}, b: !reset null}',
      ),
    ).toEqual({
      a: { image: 'y' },
    }))

  test('they count for the document they stand in, not for the one after', () =>
    expect(merged('{cap_add: [A]}', '{cap_add: !override [B]}', '{cap_add: [C]}')).toEqual({
      cap_add: ['B', 'C'],
    }))

  test('what was taken away may come back', () =>
    expect(merged('{user: a}', '{user: !reset null}', '{user: b}')).toEqual({ user: 'b' }))

  test('an anchor gives them to each who uses it', () =>
    expect(
      services(`services: {a: {image: x, cap_add: [A]}, b: {image: y, cap_add: [A], user: u}}
---
x-bare: &bare
  cap_add: !reset []
services:
  a: {<<: *bare}
  b: {<<: *bare, user: v}`),
    ).toEqual({ a: { image: 'x' }, b: { image: 'y', user: 'v' } }))
})

describe('files', () => {
  const files = {
    'web/compose.yaml': 'services: {a: {image: x, build: ./a}}',
    'web/over/prod.yaml': 'services: {a: {build: {context: ./b}}}\n---\nservices: {b: {image: "$TAG"}}',
    'web/empty.yaml': '# nothing yet',
  }
  const options = { directory: 'web', variables: { TAG: 'z' } }

  test('the paths of all start in the project directory', () =>
    expect(services(files, { ...options, compose: ['web/compose.yaml', 'web/over/prod.yaml'] })).toEqual({
      a: { image: 'x', build: { context: 'web/b' } },
      b: { image: 'z' },
    }))

  test('an empty one changes nothing', () =>
    expect(services(files, { ...options, compose: ['web/compose.yaml', 'web/empty.yaml'] })).toEqual({
      a: { image: 'x', build: { context: 'web/a' } },
    }))

  test.each([
    ['an empty one alone is nothing', 'web/empty.yaml', []],
    ['a missing one is an error', 'web/gone.yaml', ['web/gone.yaml: there is no such file']],
  ])('%s', (_what, path, told) =>
    expect(composed(files, { ...options, compose: [path] })).toMatchObject({ model: undefined, told }),
  )

  test('with a broken one there is no model to judge', () =>
    expect(
      composed(
        { 'compose.yaml': 'services: {a: {image: x}}', 'b.yaml': '- a' },
        { compose: ['compose.yaml', 'b.yaml'] },
      ),
    ).toMatchObject({
      model: undefined,
      told: ['b.yaml:1:1 must be a mapping with services, not a list'],
    }))
})

test('values of kinds that cannot be merged are told of where the later one stands', () =>
  expect(composed('x-a: {b: 1}\n---\nx-a: [b]\n---\nx-a: text').told).toEqual([
    'compose.yaml:3:6 x-a: a list cannot be merged over a mapping; write !override before it to replace that',
  ]))

test('what is merged keeps its place', () => {
  const { model } = composed('services:\n  a:\n    image: x\n    user: u\n---\nservices:\n  a:\n    image: y')
  const place = (...keys: string[]) => valueAt(model, 'services', 'a', ...keys)?.at.line
  expect([place(), place('image'), place('user')]).toEqual([8, 8, 4])
})
