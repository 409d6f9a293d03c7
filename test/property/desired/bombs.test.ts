import fc from 'fast-check'
import { expect, test } from 'vitest'
import { projectJson } from '../../../controller/desired/compose/print/print.ts'
import { loadProject } from '../../../controller/desired/compose/project.ts'
import { type Files, filesOf } from '../../../controller/desired/files/files.ts'
import { load } from '../../../controller/desired/load.ts'
import { hasErrors, MAX_PROBLEMS, tidy } from '../../../controller/desired/problems.ts'
import { aTree } from '../../unit/desired/support.ts'
import { runs } from './runs.ts'
import { ROOT, type Tree } from './sound.ts'

/** Law 11: what is short to write is not long to read nor much to hold. Neither is the time taken. */
const MAX_READS = 20_000
const MAX_PRINTED = 32 * 1024 * 1024

function isBounded(tree: Tree): void {
  const { stacks } = load(aTree(tree), { variables: {}, directory: '' })
  for (const { problems } of stacks) {
    expect(problems.length).toBeLessThanOrEqual(MAX_PROBLEMS + 1)
    expect(problems.map(({ message }) => message).join()).not.toContain('defect of Setpoint')
  }
  const counted = counting(filesOf(aTree(tree)))
  const { project, problems } = loadProject({
    files: counted.files,
    ...{ compose: [ROOT], directory: 'web', name: 'web', unset: 'blank', profiles: ['*'] },
    variables: () => undefined,
  })
  expect(counted.reads()).toBeLessThanOrEqual(MAX_READS)
  expect(tidy(problems).length).toBeLessThanOrEqual(MAX_PROBLEMS + 1)
  if (!project || hasErrors(problems)) return
  expect(JSON.stringify(projectJson(project)).length).toBeLessThanOrEqual(MAX_PRINTED)
}

function counting(files: Files): { files: Files; reads: () => number } {
  let reads = 0
  const read: Files['read'] = (path) => {
    reads++
    return files.read(path)
  }
  return { files: { ...files, read }, reads: () => reads }
}

function many(count: number, line: (n: number) => string, between = ''): string {
  return Array.from({ length: count }, (_, n) => line(n)).join(between)
}

interface Size {
  deep: number
  wide: number
}

const LEVELS = (open: string, { deep, wide }: Size) =>
  many(
    deep,
    (n) =>
      `x-${n + 1}: &a${n + 1} ${open.replaceAll(
        '*',
        many(wide, () => `*a${n}`, ', '),
      )}\n`,
  )
const STACK = 'services:\n  a: {image: x}\n'

/** How deep and how wide each may be written so that its file stays under 1 MB. */
const BOMBS: Record<string, (size: Size) => Tree> = {
  'aliases in lists': (size) => ({ [ROOT]: `x-0: &a0 [1, $A]\n${LEVELS('[*]', size)}${STACK}` }),
  'merge keys': (size) => ({ [ROOT]: `x-0: &a0 {k: v}\n${LEVELS('{<<: [*], l: [*]}', size)}${STACK}` }),
  'services that are one': ({ deep, wide }) => ({
    [ROOT]: `x-a: &a {image: x, labels: {${many(wide * 20, (n) => `l${n}: $A,`)}}}\nservices: {${many(deep * 50, (n) => `s${n}: {<<: *a},`)}}`,
  }),
  include: ({ deep, wide }) => ({
    ...Object.fromEntries(
      Array.from({ length: deep }, (_, n) => [
        n === 0 ? ROOT : `web/${n}`,
        `include: [${many(wide, () => `${n + 1}`, ', ')}]\nservices: {s${n}: {image: x}}`,
      ]),
    ),
    [`web/${deep}`]: STACK,
  }),
  'include with env files': ({ deep, wide }) => ({
    [ROOT]: `include: [${many(deep * wide, (n) => `{path: b, env_file: ${n}.env}`, ', ')}]`,
    'web/b': `services: {b: {image: x, environment: {${many(300, (n) => `A${n}: $A${n % 9},`)}}}}`,
    ...Object.fromEntries(
      Array.from({ length: deep * wide }, (_, n) => [
        `web/${n}.env`,
        `A0=${'x'.repeat(500)}\n${many(8, (n) => `A${n + 1}=$A${n}$A${n}\n`)}`,
      ]),
    ),
  }),
  extends: ({ deep, wide }) => ({
    [ROOT]: `services: {${many(deep, (n) => `s${n}: {extends: s${n + 1}, labels: {${many(wide * 20, (k) => `l${n}.${k}: x,`)}}},`)} s${deep}: {image: x}}`,
  }),
  'extends of another file': ({ deep, wide }) => ({
    [ROOT]: `services: {${many(deep * 40, (n) => `s${n}: {extends: {file: b, service: s${n % 7}}},`)}}`,
    'web/b': `services: {${many(5, (n) => `s${n}: {extends: s${n + 1}, environment: {${many(wide * 40, (k) => `l${k}: x,`)}}},`)} s5: {image: x}}`,
  }),
  'files to merge': ({ deep, wide }) => ({
    [ROOT]: `services: {${many(wide * 40, (n) => `s${n}: {image: x},`)}}`,
    'web/.env': `COMPOSE_FILE=${many(deep * 100, () => 'compose.yaml', ':')}`,
  }),
  documents: ({ deep, wide }) => ({
    [ROOT]: many(deep * 2, () => `services: {${many(wide * 10, (n) => `s${n}: {image: x},`)}}\n---\n`),
  }),
  problems: ({ deep, wide }) => ({
    [ROOT]: many(deep, () => `${many(wide * 20, (n) => `k${n}: *a`, '\n')}\n---\n`),
  }),
  'variables that grow': ({ deep, wide }) => ({
    [ROOT]: `services: {a: {image: x, environment: {${many(wide * 20, (n) => `V${n}: "$A${deep}"`, ', ')}}}}`,
    'web/.env': `A0=${'x'.repeat(wide)}\n${many(deep, (n) => `A${n + 1}=${`$A${n}`.repeat(wide)}\n`)}`,
  }),
  'variables in one another': ({ deep, wide }) => ({
    [ROOT]: `services: {a: {image: x, user: "${many(wide, () => `${'${A:-'.repeat(deep)}x${'}'.repeat(deep)}`)}"}}`,
  }),
  'ranges of ports': ({ deep, wide }) => ({
    [ROOT]: `x-p: &p [${many(wide, () => '1-9999')}]\nservices: {${many(deep, (n) => `s${n}: {image: x, ports: *p},`)}}`,
  }),
  profiles: ({ deep, wide }) => ({
    [ROOT]: `services: {a: {image: x, profiles: [${many(wide * 100, (n) => `p${n}`, ', ')}]}, ${many(deep * 20, (n) => `b${n}: {image: x, depends_on: [a]}`, ', ')}}`,
    'web/.env': `COMPOSE_PROFILES=${many(deep * wide * 10, (n) => `q${n}`, ',')}`,
  }),
  depth: ({ deep, wide }) => ({ [ROOT]: `x-a: ${'[{a: '.repeat(deep * wide * 20)}` }),
  paths: ({ deep, wide }) => ({
    [ROOT]: `services: {a: {image: x, env_file: [${many(deep, (n) => `"${`${n}/../`.repeat(wide * 100)}${`${n}/`.repeat(wide * 100)}"`, ', ')}]}}`,
  }),
  'circles of symlinks': ({ deep, wide }) => ({
    [ROOT]: `services: {a: {image: x, env_file: [${many(deep * 10, (n) => `l${n % wide}/a${n}`, ', ')}]}}`,
    ...Object.fromEntries(
      Array.from({ length: wide }, (_, n) => [`web/l${n}`, { link: `l${(n + 1) % wide}/l${n}` }]),
    ),
  }),
}

test.each(Object.keys(BOMBS))('a bomb of %s is defused', (what) => {
  const size = fc.record({ deep: fc.integer({ min: 1, max: 60 }), wide: fc.integer({ min: 1, max: 40 }) })
  fc.assert(
    fc.property(size, (size) => isBounded(BOMBS[what]?.(size) ?? {})),
    runs(3),
  )
})
