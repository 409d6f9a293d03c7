import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './support/imports.ts'

/** The rows of docs/stack-files.md "Limits", and the constant that each tells: its file and its name. */
const LIMITS = [
  ['a file that is read: compose file, `.env`, `env_file`, image spec', 'source MAX_FILE_BYTES'],
  ['YAML tokens, of which an indented line `key: value` has eight', 'tokens MAX_TOKENS'],
  ['documents', 'parse MAX_DOCUMENTS'],
  ['levels', 'extent MAX_DEPTH'],
  ['characters of a key', 'key-text MAX_KEY'],
  ['values, once its aliases are filled in', 'extent MAX_VALUES'],
  ['keys and values, once its aliases and variables are filled in', 'extent MAX_EXPANDED'],
  ['one text, once its variables are filled in', 'template MAX_LENGTH'],
  ['variables within the defaults of variables, as in `${A:-${B:-c}}`', 'template MAX_NESTING'],
  ['addresses in one text of `extra_hosts`', 'extra-hosts MAX_ADDRESSES'],
  ['files that are merged, `COMPOSE_FILE`', 'budget MAX_FILES'],
  ['files taken in by `include` and `extends`, each wherever it comes in anew', 'budget MAX_FILES'],
  ['files that include one another in a row', 'included-model MAX_CHAIN'],
  ['services that extend one another in a row', 'extended MAX_CHAIN'],
  ['values taken in, each wherever it comes in', 'budget MAX_TAKEN_VALUES'],
  ['bytes taken in, likewise', 'budget MAX_TAKEN_BYTES'],
  ['values of all documents', 'budget MAX_READ_VALUES'],
  ['services', 'project MAX_SERVICES'],
  ['`env_file` and `label_file` of all services, each wherever it is named', 'extent MAX_EXPANDED'],
  ['files of variables of all `include`', 'extent MAX_EXPANDED'],
  ['ports that ranges stand for', 'budget MAX_SPREAD'],
  ['symlinks on the way to a file', 'real-path MAX_LINKS'],
  ['characters of a path', 'real-path MAX_PATH'],
  ['tasks of a service (`deploy.replicas`, `scale`)', 'deploy MAX_REPLICAS'],
  ['tasks of a stack; a global service counts as one', 'validate MAX_TASKS'],
  ['published ports of a stack', 'ports MAX_PORTS'],
  ['a service, as JSON, with the files of its image spec', 'room MAX_CONTAINER'],
  ['a stack, as JSON', 'room MAX_STACK'],
  ['the files of an image spec', 'image-files MAX_IMAGE_FILES_BYTES'],
  ['what one mount brings of the repository, with the names of its files', 'pack MAX_PACK_BYTES'],
  ['files of one mount', 'pack MAX_PACK_ENTRIES'],
  ['levels of folders of one mount', 'pack MAX_PACK_DEPTH'],
  ['bytes of a path below a mount', 'pack MAX_PACK_PATH'],
  ['`/etc/passwd` and `/etc/group` of an image, each', 'accounts MAX_ACCOUNTS'],
  ['secrets of all tasks of a host together, in the clear', 'memory MAX_MEMORY'],
  ['files', 'source MAX_TREE_FILES'],
  ['all files together', 'source MAX_TREE_BYTES'],
  ['the files of all image specs together', 'load MAX_SOURCE_IMAGE_BYTES'],
  ['problems, errors before notices; the last says how many there are more', 'problems MAX_PROBLEMS'],
  ['errors of syntax in a file', 'tokens MAX_SYNTAX_ERRORS'],
  ['circles of `depends_on`', 'cycles MAX_CYCLES'],
] as const

/** What a name may be like, and how much is told of a problem: no limits of what may be written. */
const OTHERS = [
  'binds MAX_POINTER',
  'cursor MAX_SUGGESTIONS',
  'extra-hosts MAX_NAME',
  'node MAX_PATH',
  'other-paths MAX_LISTED',
  'pack MAX_HEADER',
  'pack MAX_LINK',
  'pack MAX_NAME',
  'profiles MAX_LISTED',
  'references MAX_LISTED',
  'problems MAX_COLLECTED',
  'suggest MAX_CANDIDATES',
  'suggest MAX_DISTANCE',
  'syntax MAX_INDENT',
]

const SHARED = ['schemas/source.ts', 'schemas/pack.ts']
const HOST = ['agent/runtime/users/accounts.ts', 'agent/secret/memory.ts']

const limits = new Map([...SHARED, ...HOST, ...sources('controller/desired')].flatMap(limitsOf))
const [, section = ''] = readFileSync(join(ROOT, 'docs/stack-files.md'), 'utf8').split('\n## Limits\n')
const rows = [...section.matchAll(/^\| (.+) \| (\d.*) \|$/gm)].map(([, what, limit]) => [what, limit])

it('docs/stack-files.md has the limits that hold', () => {
  expect(rows).toEqual(LIMITS.map(([what, name]) => [what, limits.get(name)]))
})

it('docs/stack-files.md has all limits', () => {
  const told = new Set([...LIMITS.map(([, name]) => name), ...OTHERS])
  expect([...limits.keys()].sort()).toEqual([...told].sort())
})

function sources(folder: string): string[] {
  const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return paths.filter((path) => path.endsWith('.ts')).map((path) => join(folder, path))
}

/** The constants `MAX_…` of a file, as the page writes them. */
function limitsOf(path: string): [string, string][] {
  const constants = readFileSync(join(ROOT, path), 'utf8').matchAll(
    /^(?:export )?const (MAX_\w+) = ([\d_ *]+)$/gm,
  )
  return [...constants].map(([, name, product = '']) => [
    `${basename(path, '.ts')} ${name}`,
    written(product),
  ])
}

function written(product: string): string {
  const number = product.split('*').reduce((all, factor) => all * Number(factor.replaceAll('_', '')), 1)
  return number % 1024 ** 2 === 0 ? `${number / 1024 ** 2} MiB` : number.toLocaleString('en')
}
