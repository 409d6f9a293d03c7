import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDotenv } from '../../controller/desired/compose/dotenv.ts'
import { substitute } from '../../controller/desired/compose/template.ts'
import { type Loaded, load } from '../../controller/desired/load.ts'
import { StackSpec } from '../../schemas/stack.ts'
import { checker } from '../../schemas/validate.ts'
import { aTree, type Content } from '../unit/desired/support.ts'

const COMPOSE = `name: shop
x-setpoint: {drift: heal, variables: {TAG: "1"}}
x-common: &common
  restart: on-failure:3
  labels: [a=b]
services:
  web:
    <<: *common
    image: nginx:\${TAG:-2}
    command: sh -c "echo 'a b' $$HOME"
    environment: {A: 1, B: yes, C: , D: "\${TAG}"}
    ports: ["8080:80", "127.0.0.1:9000-9001:9000-9001/udp", {target: 81, published: "8081"}]
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: [CMD, curl, -f, localhost], interval: 10s, retries: 3}
    volumes: [data:/data:ro, "/etc/x:/x", {type: tmpfs, target: /t, tmpfs: {size: 10m}}]
    networks: {default: , back: {aliases: [w]}}
    deploy:
      replicas: 3
      resources: {limits: {cpus: '0.5', memory: 64M}}
      update_config: {order: start-first, max_failure_ratio: 0.5}
  db:
    image: app
    networks: [back]
    cap_drop: [ALL]
    stop_grace_period: 1m30s
volumes: {data: }
networks: {back: {internal: true, ipam: {config: [{subnet: 10.9.0.0/24}]}}}
`
const IMAGE =
  'base: scratch\npackages: [a]\nfiles: {/a: {source: ../x, mode: 0755}}\nrun: [a]\nconfig: {env: [A=1]}\n'
const DOTENV = 'A=1\nexport B="x $A"\n# c\nC=\'y\'\n'

const PIECES = fc.constantFrom(
  ...[
    '&a ',
    '*a',
    '*common',
    '<<: ',
    '!reset ',
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    '- ',
    '? ',
    '|',
    '>',
    '"',
    "'",
    '\t',
    '\n',
    '  ',
    '#',
    '%',
    '@',
    '`',
    '~',
  ],
  ...[
    '$',
    '${',
    '$$',
    '${A:-',
    'null',
    '-1',
    '1e999',
    '0x',
    '.inf',
    '99999999999999999999',
    'true',
    '__proto__',
    'constructor',
    '\0',
    '\uFEFF',
    '\u2028',
    '../',
    '/',
    'x'.repeat(300),
  ],
)

interface Edit {
  at: number
  cut: number
  put: string
}

const edit = fc.record({
  at: fc.nat(4000),
  cut: fc.oneof(fc.constant(0), fc.nat(40)),
  put: fc.oneof(PIECES, fc.string({ maxLength: 8 })),
})
const edits = fc.array(edit, { minLength: 1, maxLength: 6 })

function edited(text: string, changes: Edit[]): string {
  return changes.reduce((now, { at, cut, put }) => {
    const from = at % (now.length + 1)
    return now.slice(0, from) + put + now.slice(from + cut)
  }, text)
}

const isStack = checker(StackSpec)

/** What must hold of every answer, whatever was put in. */
function isSound(loaded: Loaded): void {
  for (const { name, spec, problems } of loaded.stacks) {
    expect(name).not.toBe('')
    expect(spec === null).toBe(problems.some(({ severity }) => severity === 'error'))
    if (spec) expect(isStack(JSON.parse(JSON.stringify(spec)))).toMatchObject({ ok: true })
    for (const problem of problems) {
      expect(problem.message).not.toContain('defect of Setpoint')
      expect(problem.message).not.toBe('')
      expect(problem.line).toBeGreaterThanOrEqual(0)
    }
  }
  for (const problem of loaded.problems) expect(problem.message).not.toContain('defect of Setpoint')
}

const files = (compose: string, image = IMAGE, dotenv = DOTENV): Record<string, Content> => ({
  'web/compose.yaml': compose,
  'web/.env': dotenv,
  'images/app.image.yaml': image,
  x: 'content',
})
const loaded = (tree: Record<string, Content>) =>
  load(aTree(tree), { variables: { HOME: '/root' }, directory: '' })

test('the file that the edits start from is accepted', () => {
  expect(loaded(files(COMPOSE)).stacks[0]?.spec?.services).toHaveLength(2)
})

test('whatever is done to a compose file, the answer is a spec or problems', () => {
  fc.assert(
    fc.property(edits, (changes) => isSound(loaded(files(edited(COMPOSE, changes))))),
    { numRuns: 1500 },
  )
}, 60_000)

test('whatever is done to an image spec or an .env, the answer is a spec or problems', () => {
  fc.assert(
    fc.property(edits, edits, (image, dotenv) =>
      isSound(loaded(files(COMPOSE, edited(IMAGE, image), edited(DOTENV, dotenv)))),
    ),
    { numRuns: 500 },
  )
}, 60_000)

test('any value in any place of a service is a spec or problems', () => {
  const keys = [
    'image',
    'command',
    'environment',
    'ports',
    'networks',
    'volumes',
    'tmpfs',
    'healthcheck',
    'restart',
    'depends_on',
    'labels',
    'deploy',
    'cap_add',
    'x-setpoint',
    'user',
    'mem_limit',
    'links',
  ]
  const scalars = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), PIECES)
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalars,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom(...keys, 'target', 'type', 'test', 'resources', 'limits')),
        tie('value'),
        { maxKeys: 3 },
      ),
    ),
  })).value
  const service = fc.dictionary(fc.constantFrom(...keys), values)
  fc.assert(
    fc.property(service, (one) =>
      isSound(loaded(files(JSON.stringify({ services: { a: { image: 'x', ...one } } })))),
    ),
    { numRuns: 800 },
  )
}, 60_000)

test('symlinks and paths never leave the tree', () => {
  const parts = fc.constantFrom('a', 'b', 'web', '..', '.', '', 'compose.yaml', 'app.image.yaml')
  const links = fc.dictionary(
    fc.constantFrom('a', 'b', 'web/compose.yaml', 'web/.env', 'images/app.image.yaml', 'x'),
    fc.record({ link: fc.array(parts, { maxLength: 6 }).map((list) => list.join('/')) }),
  )
  fc.assert(
    fc.property(links, (some) => isSound(loaded({ ...files(COMPOSE), ...some }))),
    { numRuns: 500 },
  )
})

test('a template is expanded or told of', () => {
  const template = fc
    .array(fc.oneof(PIECES, fc.string({ maxLength: 4 })), { maxLength: 30 })
    .map((list) => list.join(''))
  fc.assert(
    fc.property(template, (text) => {
      const filled = substitute(text, (name) => (name.length > 2 ? name : undefined))
      expect(typeof filled.text).toBe('string')
      if (filled.errors.length === 0) expect(filled.text.length).toBeLessThanOrEqual(text.length)
    }),
    { numRuns: 2000 },
  )
})

test('the lines of a dotenv file are counted right', () => {
  const line = fc.constantFrom('A=1', 'B="a\nb"', "C='x\ny\nz'", '# c', '', 'D=$A')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
      const before = lines.filter((one) => one !== 'D=$A' || lines.indexOf('A=1') < 0).concat('A=1')
      const content = `${before.filter((one) => one !== 'D=$A').join('\n')}\nno good\n`
      const { problems } = parseDotenv('.env', content, () => undefined)
      expect(problems.map((problem) => problem.line)).toEqual([content.split('\n').length - 1])
    }),
  )
})
