import { describe, expect, test } from 'vitest'
import { createLoader } from '../../../controller/desired/load.ts'
import { aTree, type Content } from './support.ts'

const OPTIONS = { variables: {}, directory: '' }
const FILES: Record<string, Content> = {
  'web/compose.yaml': 'services: {a: {image: "x:${TAG:-1}"}}',
  'app/compose.yaml': 'services: {a: {image: app}}',
  'app.image.yaml': 'base: scratch\nfiles: {/a: {source: content}}',
  content: 'one',
}

/** What was made anew when the files went from FILES to FILES with `change`. */
function remade(change: Record<string, Content>, options = {}): string[] {
  const load = createLoader()
  const before = load(aTree(FILES), OPTIONS).stacks
  const after = load(aTree({ ...FILES, ...change }, 'r2'), { ...OPTIONS, ...options }).stacks
  return after.filter((stack) => !before.includes(stack)).map(({ name }) => name)
}

describe('a loader remembers a stack until an input changes', () => {
  test.each<[string, Record<string, Content>, object, string[]]>([
    ['nothing', {}, {}, []],
    ['another file', { 'README.md': 'x' }, {}, []],
    ['the compose file', { 'web/compose.yaml': 'services: {a: {image: y}}' }, {}, ['web']],
    ['an .env that was not there', { 'web/.env': 'TAG=2' }, {}, ['web']],
    ['a file of its image', { content: 'two' }, {}, ['app']],
    ['the image spec', { 'app.image.yaml': 'base: debian' }, {}, ['app']],
    ['a comment in the image spec', { 'app.image.yaml': `# x\n${FILES['app.image.yaml']}` }, {}, []],
    ['an image spec of a name that was a reference', { 'y.image.yaml': 'base: scratch' }, {}, []],
    ['a new stack', { 'new/compose.yaml': 'services: {a: {image: y}}' }, {}, ['new']],
    [
      'a file that becomes a symlink to itself',
      { 'web/compose.yaml': { link: 'compose.yaml' } },
      {},
      ['web'],
    ],
    ['the settings', {}, { variables: { TAG: '3' } }, ['app', 'web']],
    ['an override beside it', { 'web/compose.override.yaml': '' }, {}, ['web']],
  ])('%s', (_what, change, options, wanted) => expect(remade(change, options)).toEqual(wanted))

  test('what it gives is what a new loader gives', () => {
    const load = createLoader()
    const trees = [
      aTree(FILES),
      aTree({ ...FILES, content: 'two' }, 'r2'),
      aTree({ 'web/compose.yaml': '{' }, 'r3'),
      aTree(FILES, 'r4'),
    ]
    for (const tree of trees) expect(load(tree, OPTIONS)).toEqual(createLoader()(tree, OPTIONS))
  })
})
