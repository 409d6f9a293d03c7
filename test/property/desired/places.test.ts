import fc from 'fast-check'
import { expect, test } from 'vitest'
import { load } from '../../../controller/desired/load.ts'
import { aTree } from '../../unit/desired/support.ts'
import { runs } from './runs.ts'
import { expectSound, ROOT, type Tree } from './sound.ts'

const part = fc.constantFrom(
  'a',
  'b',
  'web',
  'sub',
  '..',
  '..',
  '.',
  '',
  'compose.yaml',
  'a.env',
  '~',
  'C:\\x',
  '${A}',
  '\0',
)
const path = fc.oneof(
  fc.array(part, { maxLength: 7 }).map((parts) => parts.join('/')),
  fc.constantFrom(
    '/etc/passwd',
    '/',
    '//a',
    'https://example.com/x.git',
    'git@example.com:a.git',
    'file:///etc/passwd',
    '-',
    '../'.repeat(2000),
  ),
)

/** Every place of a file where a path may stand. */
function everywhere(path: string): string {
  return JSON.stringify({
    include: [path, { path: [path], project_directory: path, env_file: [path] }],
    services: {
      a: {
        image: 'x',
        extends: { service: 'a', file: path },
        env_file: [path, { path, required: false }],
        label_file: path,
        volumes: [`${path}:/a`, { type: 'bind', source: path, target: '/b' }],
        build: { context: path, dockerfile: path, additional_contexts: { a: path }, ssh: [`a=${path}`] },
        develop: { watch: [{ path, action: 'rebuild' }] },
        configs: ['c'],
        secrets: ['s'],
        devices: [path],
        tmpfs: path,
      },
    },
    configs: { c: { file: path } },
    secrets: { s: { file: path } },
  })
}

const links = fc.dictionary(
  fc.constantFrom('a', 'b', ROOT, 'web/.env', 'web/a', 'web/sub', 'web/sub/a', 'web/a.env', 'x.image.yaml'),
  fc.record({ link: path }),
  { noNullPrototype: true },
)

test('no path leads out of the checkout, wherever it stands', () => {
  fc.assert(
    fc.property(path, path, links, (path, listed, links) => {
      const tree: Tree = {
        'web/b/a': 'services: {a: {image: x}}',
        'sub/a': 'A=1',
        'x.image.yaml': `base: scratch\nfiles: {/a: {source: ${JSON.stringify(path)}}}`,
        'web/.env': `COMPOSE_FILE=${ROOT.slice(4)}:${listed}\nA=..`,
        ...links,
      }
      expectSound({ [ROOT]: everywhere(path), ...tree })
    }),
    runs(250),
  )
})

test('no path alone leads out of the checkout without being told of', () => {
  const outside = fc.constantFrom(
    '../../a',
    '/a',
    '../../web/../../a',
    '../../../../etc/passwd',
    'out',
    'far/a',
  )
  const key = fc.constantFrom(
    (path: string) => `services: {a: {image: x, env_file: "${path}"}}`,
    (path: string) => `services: {a: {image: x, label_file: "${path}"}}`,
    (path: string) => `services: {a: {image: x, extends: {service: a, file: "${path}"}}}`,
    (path: string) => `{include: ["${path}"], services: {a: {image: x}}}`,
    (path: string) => `{include: [{path: b.yaml, env_file: "${path}"}], services: {a: {image: x}}}`,
  )
  fc.assert(
    fc.property(outside, key, (path, compose) => {
      const files: Tree = {
        [ROOT]: compose(path),
        a: 'A=1',
        'web/b.yaml': 'services: {b: {image: x}}',
        'web/out': { link: '../../a' },
        'web/far': { link: '/' },
      }
      expectSound(files)
      const [stack] = load(aTree(files), { variables: {}, directory: '' }).stacks
      expect(stack?.spec).toBeNull()
      expect(stack?.problems.some(({ message }) => message.includes('leads out of the checkout'))).toBe(true)
    }),
    runs(60),
  )
})
