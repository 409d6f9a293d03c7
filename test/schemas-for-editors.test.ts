import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'
import { SCHEMA_FOLDER } from '../scripts/generate.ts'
import { ROOT } from './support/imports.ts'

const isStack = validator('compose')
const isImage = validator('image-file')

const FILES = ['examples', 'charts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name)),
)

describe.each(FILES)('%s', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const isOfImage = file.endsWith('.image.yaml')

  it('names its schema for editors in its first line', () => {
    const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? ''
    const wanted = `${SCHEMA_FOLDER}/${isOfImage ? 'image-file' : 'compose'}.schema.json`
    expect(join(dirname(file), named)).toBe(wanted)
  })

  it('is as the schema has it', () => {
    expect(problemsOf(isOfImage ? isImage : isStack, text)).toEqual([])
  })
})

describe('the schema of compose files', () => {
  test.each([
    'name: shop',
    'services: {web: {image: "nginx:${TAG}", scale: "${N}", init: "${INIT:-yes}", cgroup: "$CGROUP"}}',
    'services: {web: {extends: base, env_file: .env, cpus: "0.5", pids_limit: "10", x-mine: [1]}}',
    'services: {web: {deploy: , pid: }}',
    'services: {web: {expose: [80, "81"], group_add: [44]}}',
    'networks: {inner: , outer: {external: true}}',
    'x-anything: {at: [all]}',
  ])('takes %s', (text) => {
    expect(problemsOf(isStack, text)).toEqual([])
  })

  test.each([
    ['helicopters: {}', ' must NOT have additional properties'],
    ['services: []', '/services must be object'],
    ['services: {a b: {}}', '/services must NOT have additional properties'],
    ['services: {web: {imgae: nginx}}', '/services/web must NOT have additional properties'],
    ['services: {web: {image: [nginx]}}', '/services/web/image must be string'],
    ['services: {web: {scale: two}}', '/services/web/scale must match a schema in anyOf'],
    ['services: {web: {cpu_percent: 101}}', '/services/web/cpu_percent must match a schema in anyOf'],
    ['services: {web: {cgroup: shared}}', '/services/web/cgroup must match a schema in anyOf'],
    ['services: {web: {privileged: maybe}}', '/services/web/privileged must match a schema in anyOf'],
    ['services: {web: {deploy: {replica: 2}}}', '/services/web/deploy must match a schema in anyOf'],
    ['services: {web: {extends: {file: a}}}', '/services/web/extends must match a schema in anyOf'],
    ['volumes: {data: {internal: true}}', '/volumes/data must match a schema in anyOf'],
    ['configs: {c: {driver: x}}', '/configs/c must NOT have additional properties'],
    ['x-setpoint: {drift: fix}', '/x-setpoint/drift must match a schema in anyOf'],
  ])('refuses %s', (text, problem) => {
    expect(problemsOf(isStack, text)).toContain(problem)
  })

  it('tells of a key what it is, what becomes of it and what to do instead', () => {
    const { cgroup_parent, pre_stop } =
      schemaOf('compose').properties.services.patternProperties['^[a-zA-Z0-9._-]+$'].properties
    expect(cgroup_parent.description).toMatch(
      /^The cgroup that the container is put into\.\n\nRefused: all tasks/,
    )
    expect(pre_stop.deprecationMessage).toMatch(/^Refused: not honoured yet; do it on the stop signal/)
  })
})

describe('the schema of image specs', () => {
  test.each([
    ['base: scratch', []],
    ['{base: scratch, files: {/a: text, /b: {source: b, mode: 0755}}, run: [ls, [ls, /]]}', []],
    ['{base: scratch, image: nginx}', [' must NOT have additional properties']],
    ['files: [{path: [a]}]', expect.arrayContaining(['/files/0/path must be string'])],
    ['run: [{a: b}]', expect.arrayContaining(['/run/0 must be array'])],
  ])('%s', (text, problems) => {
    expect(problemsOf(isImage, text)).toEqual(problems)
  })
})

function schemaOf(name: string) {
  return JSON.parse(readFileSync(join(ROOT, SCHEMA_FOLDER, `${name}.schema.json`), 'utf8'))
}

function validator(name: string): ValidateFunction {
  return new Ajv({ strict: false, allErrors: true }).compile(schemaOf(name))
}

/** What an editor underlines, as `/services/web must be object`. */
function problemsOf(validate: ValidateFunction, text: string): string[] {
  validate(parse(text, { merge: true, logLevel: 'error' }))
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
