import { describe, expect, test } from 'vitest'
import { aService, type Content, loadFiles, problemsOf } from './support.ts'

/** What is short to write must not be long to read, nor much to hold. Each of these once was. */
describe('a value without end', () => {
  const long = 'a/'.repeat(400_000)

  test.each<[string, string, Record<string, Content>?]>([
    ['env_file', aService(`env_file: ${long}`)],
    ['label_file', aService(`label_file: ${long}`)],
    ['extends', aService(`extends: {service: a, file: ${long}}`)],
    ['include', aService('user: a', `include: [${long}]`)],
    ['COMPOSE_FILE', aService('user: a'), { 'web/.env': `COMPOSE_FILE=${long}` }],
    ['a symlink', aService('env_file: link'), { 'web/link': { link: long } }],
  ])('a path of %s', (_what, compose, more) => {
    expect(problemsOf(compose, more)).toContainEqual(
      expect.stringContaining('is longer than the 4096 characters of a path'),
    )
  })

  test.each([
    ['digits that are no number', `cpus: "${'1'.repeat(500_000)}x"`, 'must be a number'],
    ['slashes', `volumes: ["${'/'.repeat(500_000)}x:/a"]`, undefined],
    [
      'an address with .git',
      `extends: {service: b, file: "${'.git#'.repeat(100_000)}\\n"}`,
      'a file from a URL is not read',
    ],
    ['escapes that are none', `user: "${'\\q'.repeat(200_000)}"`, 'Invalid escape sequence'],
    ['addresses', `extra_hosts: ["h=${'1,'.repeat(200_000)}"]`, 'has more than 32 addresses in one text'],
    ['a host', `extra_hosts: ["${'h'.repeat(200_000)}=1"]`, 'is no name of a host'],
  ])('%s', (_what, line, problem) => {
    const told = problemsOf(aService(line))
    expect(told).toHaveLength(problem === undefined ? 0 : 1)
    if (problem !== undefined) expect(told[0]).toContain(problem)
  })
})

describe('very many', () => {
  const many = (count: number, line: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => line(n)).join('')

  test('profiles, active and not', () => {
    const services = `services:\n  a: {image: x}\n  b: {image: x, profiles: [${many(20_000, (n) => `p${n},`)}]}\n`
    const env = `COMPOSE_PROFILES=${many(60_000, (n) => `q${n},`)}`
    expect(problemsOf(services, { 'web/.env': env })).toEqual([])
  })

  test('profiles of a service that many depend on', () => {
    const a = `  a: {image: x, profiles: [${many(20_000, (n) => `p${n},`)}]}\n`
    const told = problemsOf(`services:\n${a}${many(3000, (n) => `  b${n}: {image: x, depends_on: [a]}\n`)}`)
    expect(told[0]).toContain('activate p0 or p1 or p2 or p3 or p4')
    expect(told).toHaveLength(101)
  })

  test('files to merge', () => {
    const env = `COMPOSE_FILE=compose.yaml${many(100_000, () => ':compose.yaml')}`
    expect(problemsOf(aService('user: a'), { 'web/.env': env })).toEqual([
      'web/compose.yaml: more than 300 files are merged into one project',
    ])
  })

  test('problems of a file that is included again and again', () => {
    const includes = many(290, (n) => `- {path: bad.yaml, env_file: ${n}.env}\n`)
    const envs = Object.fromEntries(Array.from({ length: 290 }, (_, n) => [`web/${n}.env`, 'A=1']))
    const bad = `x-a: [${many(3000, () => '*a,')}]`
    expect(problemsOf(`include:\n${includes}`, { 'web/bad.yaml': bad, ...envs })).toHaveLength(101)
  })

  test('problems of a hundred documents', () => {
    const documents = many(99, () => `---\nx-a: [${many(800, () => '*a,')}]\n`)
    expect(problemsOf(`${aService('user: a')}\n${documents}`)).toHaveLength(101)
  })

  test('env files that grow', () => {
    const grows = `A0=${'x'.repeat(1000)}\n${many(10, (n) => `A${n + 1}=$A${n}$A${n}\n`)}`
    const envs = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`web/${n}.env`, grows]))
    const includes = many(200, (n) => `- {path: b.yaml, env_file: ${n}.env}\n`)
    const files = { 'web/b.yaml': 'services: {b: {image: x}}', ...envs }
    expect(problemsOf(`include:\n${includes}`, files)).toEqual([
      expect.stringContaining('the env files of includes have more than 8388608 bytes of variables'),
    ])
  })

  test('services that extend one large one', () => {
    const base = `services: {b: {image: x, labels: {${many(5000, (n) => `l${n}: x,`)}}}}`
    const extending = many(5000, (n) => `  s${n}: {extends: {service: b, file: base.yaml}}\n`)
    expect(problemsOf(`services:\n${extending}`, { 'web/base.yaml': base })).toEqual([
      expect.stringContaining('more than 200000 values are taken in by include and extends'),
    ])
  })

  test('mounts of one large file and one large folder: each is packed once', () => {
    const large = 'x'.repeat(1_000_000)
    const configs = many(4000, (n) => `{source: c, target: /c${n}},`)
    const binds = many(2000, (n) => `"./:/b${n}",`)
    const compose = aService(`configs: [${configs}]\nvolumes: [${binds}]`, 'configs: {c: {file: large}}')
    const folder = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`web/d/${n}`, `${n}`]))
    expect(problemsOf(compose, { 'web/large': large, ...folder })).toEqual([
      expect.stringContaining('web comes from the repository: it is mounted read-only'),
    ])
  })

  test('copies of one large file in an image spec', () => {
    const files = many(3000, (n) => `  /a${n}: {source: large}\n`)
    const { problems } = loadFiles({
      'a.image.yaml': `base: scratch\nfiles:\n${files}`,
      large: 'x'.repeat(900_000),
    })
    expect(problems.map(({ message }) => message)).toEqual([
      'the files have more than 1048576 bytes; put large content into the base image',
    ])
  })

  test('stacks of one name', () => {
    const files = Object.fromEntries(
      Array.from({ length: 3000 }, (_, n) => [`d${n}/compose.yaml`, 'name: a\nservices: {a: {image: x}}\n']),
    )
    const [first] = loadFiles(files).stacks
    expect(first?.problems[0]?.message).toMatch(
      /is also declared by (\S+ ){5}and 2994 more; give one another name$/,
    )
  })
})

test('what files say is told in one line without control characters', () => {
  const [stack] = loadFiles({
    'web/compose.yaml': `include: ["./b\\u001b[2J\\n.yaml"]\nx-a: *a${'\u009b'.repeat(400)}`,
    'web/b\u001b[2J\n.yaml': `services: {b: {imgae: x, cpus: "\\u009b", mem_limit: ${'9'.repeat(2000)}}}`,
  }).stacks
  const told = (stack?.problems ?? []).flatMap(({ related = [], ...own }) =>
    [own, ...related].flatMap(Object.values),
  )
  expect(told).toContain('web/compose.yaml includes ./b\\x1b[2J\\n.yaml here')
  expect(told.filter((one) => /\p{Cc}/u.test(String(one)) || String(one).length > 500)).toEqual([])
})
