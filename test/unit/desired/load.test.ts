import { describe, expect, test } from 'vitest'
import { formatProblem } from '../../../schemas/problem.ts'
import { type Content, loadFiles, shown, specOf } from './support.ts'

const many = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n')
const STACK = 'services: {a: {image: busybox}}'
const summary = (files: Record<string, Content>, options = {}) =>
  loadFiles(files, options).stacks.map(({ name, file, spec, guessed }) =>
    [name, file, spec ? 'accepted' : 'refused', ...(guessed ? ['guessed'] : [])].join(' '),
  )

describe('which stacks a source has', () => {
  test.each<[string, Record<string, Content>, object, string[]]>([
    ['nothing', {}, {}, []],
    ['a folder', { 'web/compose.yaml': STACK }, {}, ['web web/compose.yaml accepted']],
    [
      'each name of a compose file',
      {
        'a/compose.yaml': STACK,
        'b/compose.yml': STACK,
        'c/docker-compose.yaml': STACK,
        'd/docker-compose.yml': STACK,
      },
      {},
      [
        'a a/compose.yaml accepted',
        'b b/compose.yml accepted',
        'c c/docker-compose.yaml accepted',
        'd d/docker-compose.yml accepted',
      ],
    ],
    [
      'a stack file',
      { 'x/Shop.stack.yaml': STACK, 'bar.stack.yml': STACK },
      {},
      ['bar bar.stack.yml accepted', 'shop x/Shop.stack.yaml accepted'],
    ],
    ['its own name', { 'web/compose.yaml': `name: shop\n${STACK}` }, {}, ['shop web/compose.yaml accepted']],
    [
      'a folder whose name is no name',
      { 'My Web.App/compose.yaml': STACK },
      {},
      ['mywebapp My Web.App/compose.yaml accepted'],
    ],
    ['the root without a name', { 'compose.yaml': STACK }, {}, ['root compose.yaml refused guessed']],
    [
      'the root with the name of the source',
      { 'compose.yaml': STACK },
      { rootName: 'Fleet' },
      ['fleet compose.yaml accepted'],
    ],
    [
      'a directory of the source',
      { 'a/compose.yaml': STACK, 'prod/b/compose.yaml': STACK, 'prod/compose.yaml': STACK },
      { directory: 'prod/' },
      ['b prod/b/compose.yaml accepted', 'prod prod/compose.yaml accepted'],
    ],
    [
      'hidden folders and node_modules',
      { '.devcontainer/compose.yaml': STACK, 'a/node_modules/b/compose.yaml': STACK },
      {},
      [],
    ],
    ['other files', { 'web/values.yaml': STACK, 'web/compose.override.yaml': STACK }, {}, []],
  ])('%s', (_what, files, options, wanted) => expect(summary(files, options)).toEqual(wanted))

  test('a second compose file beside the one that is read is told of', () => {
    const { stacks } = loadFiles({
      'web/compose.yaml': STACK,
      'web/docker-compose.yml': STACK,
    })
    expect(stacks[0]?.problems.map(shown)).toEqual([
      'notice web/compose.yaml: docker-compose.yml beside it is not read; put what it says into this file',
    ])
  })

  test('an override beside a compose file is merged over it, as docker compose does', () => {
    const [stack] = loadFiles({
      'web/compose.yaml': STACK,
      'web/compose.override.yml': 'services: {a: {hostname: over}}',
    }).stacks
    expect(stack?.spec?.services[0]?.container.hostname).toBe('over')
  })

  test('variables in a file or document that is merged over the first are told of', () => {
    const settings = 'x-setpoint: {unset: blank, variables: {A: a}}'
    const [stack] = loadFiles({
      'web/compose.yaml': `${STACK}\n---\n${settings}`,
      'web/compose.override.yml': settings,
    }).stacks
    const late = "without effect here; write it into the first document of the stack's own file"
    expect(stack?.spec).not.toBeNull()
    expect(stack?.problems.map(shown)).toEqual([
      `notice web/compose.override.yml:1:21 x-setpoint.unset: ${late}`,
      `notice web/compose.override.yml:1:39 x-setpoint.variables: ${late}`,
      `notice web/compose.yaml:3:21 x-setpoint.unset: ${late}`,
      `notice web/compose.yaml:3:39 x-setpoint.variables: ${late}`,
    ])
  })

  test('COMPOSE_FILE in the .env of the folder names the files', () => {
    const [stack] = loadFiles({
      'web/compose.yaml': STACK,
      'web/more/prod.yaml': 'services: {a: {hostname: prod}}',
      'web/compose.override.yml': 'services: {a: {hostname: over}}',
      'web/.env': 'COMPOSE_FILE=compose.yaml:more/prod.yaml',
    }).stacks
    expect(stack?.spec?.services[0]?.container.hostname).toBe('prod')
  })

  test('COMPOSE_PROFILES in the .env of the folder enables services', () => {
    const files = { 'web/compose.yaml': 'services: {a: {image: x}, b: {image: y, profiles: [debug]}}' }
    const names = (more: Record<string, string>) =>
      loadFiles({ ...files, ...more }).stacks[0]?.spec?.services.map(({ name }) => name)
    expect(names({})).toEqual(['a'])
    expect(names({ 'web/.env': 'COMPOSE_PROFILES=debug' })).toEqual(['a', 'b'])
  })

  // Each could be a stack of another name whose name cannot be told any more.
  test.each<[string, Record<string, Content>]>([
    ['an open quote in .env', { 'web/.env': 'X="abc\nCOMPOSE_PROJECT_NAME=prod' }],
    ['an .env that is too large', { 'web/.env': { tooLarge: 2_000_000 } }],
    ['an .env that leads out', { 'web/.env': { link: '/etc/x' } }],
    ['an .env that leads nowhere', { 'web/.env': { link: 'gone' } }],
    ['an unset variable in .env', { 'web/.env': 'COMPOSE_PROJECT_NAME=prod$X' }],
    ['an override that is too large', { 'web/compose.override.yaml': { tooLarge: 2_000_000 } }],
    ['a file of COMPOSE_FILE that is gone', { 'web/.env': 'COMPOSE_FILE=compose.yaml:gone.yaml' }],
    ['a name that stands twice', { 'web/compose.yaml': `name: a\nname: prod\n${STACK}` }],
    ['a misspelt name', { 'web/compose.yaml': `nmae: prod\n${STACK}` }],
    ['a name of nothing', { 'web/compose.yaml': `name:\n${STACK}` }],
    ['a name below a conflict', { 'web/compose.yaml': `name: a\n<<<<<<< HEAD\nname: prod\n${STACK}` }],
    ['a missing anchor', { 'web/compose.yaml': `<<: *gone\n${STACK}` }],
  ])('no stack is taken for removed because of %s (law 1)', (_what, files) => {
    const { stacks } = loadFiles({ 'web/compose.yaml': STACK, ...files })
    expect(stacks.map(({ spec, guessed }) => ({ spec, guessed }))).toEqual([{ spec: null, guessed: true }])
  })

  test('stacks that declare one network otherwise are told of each other', () => {
    const declared = (settings: string) =>
      `services: {a: {image: x, networks: {n: }}}\nnetworks: {n: {name: shared${settings}}}`
    const { stacks } = loadFiles({
      'one/compose.yaml': declared(''),
      'other/compose.yaml': declared(', internal: true'),
      'alike/compose.yaml': declared(', internal: true'),
      'elsewhere/compose.yaml': declared(', external: true'),
    })
    const told = (file: string) => stacks.find((stack) => stack.file === file)?.problems.map(shown)
    expect(told('one/compose.yaml')).toEqual([
      expect.stringMatching(/^notice one\/compose.yaml: the network shared is set up otherwise by alike\//),
      expect.stringMatching(/^notice one\/compose.yaml: the network shared is set up otherwise by other\//),
    ])
    expect(told('other/compose.yaml')).toEqual([
      'notice other/compose.yaml: the network shared is set up otherwise by one/compose.yaml: each stack has a bridge of its own; to share one, declare it in one stack and write external: true in the other',
    ])
    expect(told('elsewhere/compose.yaml')).toEqual([])
  })

  test('a stack that another one includes is told of: it runs twice', () => {
    const { stacks } = loadFiles({
      'compose.yaml': 'name: all\ninclude: [web/compose.yaml]',
      'web/compose.yaml': STACK,
    })
    expect(stacks.map(({ problems }) => problems.map(shown))).toEqual([
      [],
      [
        'notice web/compose.yaml: compose.yaml includes this file too, so its services run in both stacks; where that is not meant, give it a name that makes no stack, such as services.yaml',
      ],
    ])
    expect(stacks.every(({ spec }) => spec)).toBe(true)
  })

  test('settings of an included file are told to have no effect', () => {
    const { stacks } = loadFiles({
      'web/compose.yaml': `include: [more.yaml]\n${STACK}`,
      'web/more.yaml': 'x-setpoint: {drift: report}\nservices: {b: {image: y}}',
    })
    expect(stacks[0]?.problems.map(shown)).toEqual([
      "notice web/more.yaml:1:1 x-setpoint: without effect in a file that is included; write it into the stack's own file",
    ])
    expect(stacks[0]?.spec?.drift).toBe('heal')
  })

  test('two stacks of one name are both refused, each naming the other', () => {
    const { stacks } = loadFiles({
      'a/web/compose.yaml': STACK,
      'b/compose.yaml': `name: web\n${STACK}`,
      'c/compose.yaml': STACK,
    })
    expect(stacks.map(({ name, spec }) => [name, spec === null])).toEqual([
      ['web', true],
      ['web', true],
      ['c', false],
    ])
    expect(stacks.flatMap(({ problems }) => problems.map(formatProblem))).toEqual([
      'a/web/compose.yaml: the stack web is also declared by b/compose.yaml; give one another name',
      'b/compose.yaml: the stack web is also declared by a/web/compose.yaml; give one another name',
    ])
  })

  test('a directory that is not there is a problem, not an empty source', () => {
    expect(loadFiles({ 'a/compose.yaml': STACK }, { directory: 'prod' }).problems.map(formatProblem)).toEqual(
      ['prod: the source has no such folder'],
    )
  })

  test('one bad stack stops no other', () => {
    expect(summary({ 'a/compose.yaml': '{', 'b/compose.yaml': STACK })).toEqual([
      'a a/compose.yaml refused guessed',
      'b b/compose.yaml accepted',
    ])
  })
})

describe('the name of a stack that cannot be read', () => {
  test.each<[string, Content, string]>([
    ['a name above the mistake', 'name: shop\nservices:\n\ta: 1', 'shop web/compose.yaml refused guessed'],
    ['no name above the mistake', 'services:\n\ta: 1', 'web web/compose.yaml refused guessed'],
    ['a file too large to read', { tooLarge: 52_428_800 }, 'web web/compose.yaml refused guessed'],
    ['a variable that is not set', `name: $\{N}\n${STACK}`, 'web web/compose.yaml refused guessed'],
    ['an unknown key', `imgae: x\n${STACK}`, 'web web/compose.yaml refused guessed'],
  ])('%s', (_what, content, wanted) => expect(summary({ 'web/compose.yaml': content })).toEqual([wanted]))
})

describe('input that is meant to hurt', () => {
  const bomb = Array.from(
    { length: 9 },
    (_, index) => `x-${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`)}]`,
  )
  test.each<[string, Content, string]>([
    [
      'a compose file of 50 MB',
      { tooLarge: 52_428_800 },
      'web/compose.yaml: has 52428800 bytes; at most 1048576 are read',
    ],
    [
      'an alias bomb',
      `x-0: &a0 [lol]\n${bomb.join('\n')}\n${STACK}`,
      'excessive aliasing: more than 100000 values or 100 levels once the aliases are expanded',
    ],
    [
      'aliases that nest without end',
      `x-0: &a0 [x]\n${Array.from({ length: 5000 }, (_, index) => `x-${index + 1}: &a${index + 1} [*a${index}]`).join('\n')}`,
      'excessive aliasing',
    ],
    ['deep nesting', `a: ${'['.repeat(100_000)}`, 'is nested deeper than 100 levels'],
    ['deep blocks', '- '.repeat(100_000), 'is nested deeper than 100 levels'],
    ['half a million values', `a: [${'x,'.repeat(500_000)}]`, 'has more than 320000 YAML tokens'],
    [
      'millions of ports',
      `x-p: &p ["1-65535:1-65535"]\nservices:\n${many(3000, (n) => `  s${n}: {image: x, ports: *p}`)}`,
      'the ranges of ports stand for more than 100000 ports; publish fewer',
    ],
    [
      'an alias of a long text',
      `x-a: &a "${'z'.repeat(200_000)}"\nservices:\n  a:\n    image: x\n    environment:\n${many(2400, (n) => `      E${n}: *a`)}`,
      'web/compose.yaml:6:7 excessive aliasing: more than 8388608 bytes once the aliases are expanded',
    ],
    [
      'an alias of a map with long keys',
      `x-a: &a\n${many(50, (n) => `  k${n}${'k'.repeat(1000)}: 1`)}\nservices:\n${many(200, (n) => `  s${n}: {image: x, labels: *a}`)}`,
      'web/compose.yaml:53:3 excessive aliasing: more than 8388608 bytes once the aliases are expanded',
    ],
    [
      'an alias of a variable of a long text',
      `x-setpoint: {variables: {V: ${'x'.repeat(200_000)}}}\nx-a: &a $V\nservices:\n  a:\n    image: x\n    environment:\n${many(2400, (n) => `      E${n}: *a`)}`,
      'web/compose.yaml:1:1 has more than 8388608 bytes once its aliases and variables are filled in',
    ],
    [
      'a long variable that many services name',
      `x-setpoint: {variables: {V: ${'x'.repeat(200_000)}}}\nservices:\n${many(50, (n) => `  s${n}: {image: x, environment: [V]}`)}`,
      'web/compose.yaml:1:1 has more than 8388608 bytes once the variables that it names are filled in',
    ],
    [
      'a service that fits into no job',
      `x-a: &a "${'z'.repeat(200_000)}"\nservices:\n  a:\n    image: x\n    environment:\n${many(12, (n) => `      E${n}: *a`)}`,
      ' bytes as JSON, at most 2097152 reach a host; put large content into the image',
    ],
    [
      'many services, each long but not too long',
      `x-a: &a "${'\\u0001'.repeat(150_000)}"\nservices:\n${many(20, (n) => `  s${n}: {image: x, labels: {a: *a}}`)}`,
      'with this service the stack has more than 16777216 bytes as JSON; put large content into the image',
    ],
    [
      'variables that grow',
      `x-setpoint: {variables: {V: ${'x'.repeat(500_000)}}}\nservices:\n${many(3000, (n) => `  s${n}: {image: "$V"}`)}`,
      'the file is too long once its variables are filled in',
    ],
    [
      'tens of thousands of services',
      `services:\n${many(20_000, (n) => `  s${n}: {image: x}`)}`,
      'has more than 10000 services; split the project into several',
    ],
    ['thousands of unknown keys', many(20_000, (n) => `imag${n}: 1`), 'compose.yaml:1:1 imag0: unknown key'],
    [
      'thousands of circles',
      `services:\n${many(5000, (n) => `  s${n}: {image: x, depends_on: [s0, s${n + 1}]}`)}`,
      'the dependencies go round in a circle: s0 -> s0',
    ],
    [
      'thousands of wrong names',
      `services:\n${many(8000, (n) => `  s${n}: {image: x, depends_on: [t${n}]}`)}`,
      'names the service t0, which is not declared',
    ],
    ['a key without end', `? ${'k'.repeat(900_000)}\n: 1`, 'a key has more than 1024 characters'],
    ['a line of spaces', `a: ${' '.repeat(1_000_000)}`, 'unknown key'],
    ['a port of colons', `services: {a: {image: x, ports: ["${':'.repeat(900_000)}"]}}`, 'must be a port'],
    [
      'bytes that are no text',
      Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString('latin1'),
      'must be a mapping with services',
    ],
  ])('%s', (_what, content, message) => {
    const { stacks } = loadFiles({ 'web/compose.yaml': content, 'ok/compose.yaml': STACK })
    expect(stacks.find(({ name }) => name === 'web')?.spec).toBeNull()
    expect(
      stacks
        .find(({ name }) => name === 'web')
        ?.problems.map(formatProblem)
        .join('\n'),
    ).toContain(message)
    expect(stacks.find(({ name }) => name === 'ok')?.spec).not.toBeNull()
  })

  test('a large file that means no harm is read', () => {
    const service = (index: number) => `  s${index}:\n    image: x\n    environment: *e`
    const variables = Array.from({ length: 122 }, (_, index) => `  V${index}: "${index}"`).join('\n')
    const yaml = `x-e: &e\n${variables}\nservices:\n${Array.from({ length: 400 }, (_, index) => service(index)).join('\n')}`
    expect(specOf(yaml).services).toHaveLength(400)
  })

  test('a chain of nine thousand services neither overflows nor hangs', () => {
    const yaml = Array.from(
      { length: 9_000 },
      (_, index) => `  s${index}: {image: x, scale: 0, depends_on: [s${index + 1}]}`,
    ).join('\n')
    const [stack] = loadFiles({ 'web/compose.yaml': `services:\n${yaml}` }).stacks
    expect(stack?.problems.map(formatProblem)).toEqual([
      expect.stringContaining(
        'services.s8999.depends_on.s9000: names the service s9000, which is not declared',
      ),
    ])
  })
})

describe('symlinks', () => {
  const problem = (files: Record<string, Content>) => loadFiles(files).stacks[0]?.problems.map(formatProblem)
  test('one that stays inside the repository is followed', () => {
    expect(summary({ 'web/compose.yaml': { link: '../base/real.yaml' }, 'base/real.yaml': STACK })).toEqual([
      'web web/compose.yaml accepted',
    ])
    expect(
      summary({
        'web/compose.yaml': { link: '../current/real.yaml' },
        current: { link: 'v2' },
        'v2/real.yaml': STACK,
      }),
    ).toEqual(['web web/compose.yaml accepted'])
  })

  test.each<[string, Record<string, Content>, string]>([
    [
      'up and out',
      { 'web/compose.yaml': { link: '../../etc/passwd' } },
      'web/compose.yaml: leads out of the checkout',
    ],
    [
      'absolute',
      { 'web/compose.yaml': { link: '/etc/passwd' } },
      'web/compose.yaml: leads out of the checkout through a symlink to /etc/passwd',
    ],
    [
      'a folder that leads out',
      { 'web/compose.yaml': { link: '../out/x' }, out: { link: '/etc' } },
      'leads out of the checkout through a symlink to /etc',
    ],
    [
      'round in a circle',
      { 'web/compose.yaml': { link: 'b' }, 'web/b': { link: 'compose.yaml' } },
      'is a symlink that leads round in a circle',
    ],
    [
      'to nothing',
      { 'web/compose.yaml': { link: 'gone' } },
      'is a symlink to web/gone, and there is no such file',
    ],
    [
      'an .env that leads out',
      { 'web/compose.yaml': STACK, 'web/.env': { link: '/root/.env' } },
      'web/.env: leads out of the checkout',
    ],
  ])('%s', (_what, files, message) => {
    expect(problem(files)).toEqual([expect.stringContaining(message)])
    expect(loadFiles(files).stacks[0]?.spec).toBeNull()
  })
})

describe('variables', () => {
  const value = (files: Record<string, string>, variables = {}) => {
    const { stacks } = loadFiles(files, { variables })
    const [stack] = stacks
    return stack?.spec?.services[0]?.container.environment.V ?? stack?.problems.map(formatProblem)
  }
  const stack = (settings = '') => `${settings}\nservices: {a: {image: x, environment: {V: "$V"}}}`

  test('.env, over it x-setpoint.variables, over both the settings of the source', () => {
    const declared = stack('x-setpoint: {variables: {V: declared}}')
    expect(value({ 'w/compose.yaml': stack(), 'w/.env': 'V=dotenv' })).toBe('dotenv')
    expect(value({ 'w/compose.yaml': declared, 'w/.env': 'V=dotenv' })).toBe('declared')
    expect(value({ 'w/compose.yaml': declared, 'w/.env': 'V=dotenv' }, { V: 'settings' })).toBe('settings')
  })

  test('a declared variable may use .env and the settings', () => {
    const yaml = stack('x-setpoint: {variables: [V=$A-$B]}')
    expect(value({ 'w/compose.yaml': yaml, 'w/.env': 'A=1' }, { B: '2' })).toBe('1-2')
  })

  test('the .env of another folder does not count', () => {
    expect(value({ 'w/compose.yaml': stack(), '.env': 'V=root' })).toEqual([
      expect.stringContaining('variable V is not set'),
    ])
  })

  test('a name alone under environment takes the variable', () => {
    expect(value({ 'w/compose.yaml': 'services: {a: {image: x, environment: [V]}}', 'w/.env': 'V=1' })).toBe(
      '1',
    )
  })

  test('the name of the stack is a variable', () => {
    expect(
      value({
        'w/compose.yaml': 'name: shop\nservices: {a: {image: x, environment: {V: "$COMPOSE_PROJECT_NAME"}}}',
      }),
    ).toBe('shop')
  })

  test('an .env full of spaces or of growing values is read in no time, or refused', () => {
    expect(value({ 'w/compose.yaml': stack(), 'w/.env': `V=a${' '.repeat(900_000)}b` })).toMatch(/^a +b$/)
    const growing = many(5000, (n) => `V${n + 1}=x$V${n}`)
    expect(
      value({ 'w/compose.yaml': stack(), 'w/.env': `V0=${'x'.repeat(500_000)}\nV=1\n${growing}` }),
    ).toContainEqual(expect.stringContaining('the file is too long once its variables are filled in'))
  })

  test('a mistake in .env is told at its line', () => {
    expect(value({ 'w/compose.yaml': stack(), 'w/.env': 'V=1\nno good' })).toEqual([
      'w/.env:2:1 this line is no NAME=value: a name has no space',
    ])
  })

  test('a declared variable that is not set is told once', () => {
    expect(value({ 'w/compose.yaml': stack('x-setpoint: {variables: {V: "$NO"}}') })).toEqual([
      expect.stringContaining('w/compose.yaml:1:29 x-setpoint.variables.V: variable NO is not set'),
    ])
  })
})
