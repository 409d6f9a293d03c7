import { describe, expect, test } from 'vitest'
import { interpolate } from '../../../../../controller/desired/compose/variables/interpolate.ts'
import { shown } from '../../support.ts'
import { plain } from '../canonical-support.ts'
import { documentsOf, lookupIn } from '../variables-support.ts'

const VARIABLES = lookupIn({ A: 'a', N: '5', EMPTY: '', BIG: 'x'.repeat(600_000) })

function filled(yaml: string, unset: 'error' | 'blank' = 'error') {
  const [root] = documentsOf(yaml)
  if (!root) throw new Error('the text has no document')
  const result = interpolate(root, { variables: VARIABLES, unset })
  return { value: result.root && plain(result.root), problems: result.problems.map(shown), root: result.root }
}

describe('the values of a tree', () => {
  test.each([
    ['k: x$A', { k: 'xa' }],
    ['$A: ${A}', { $A: 'a' }],
    ['[k-$A=1, {b: "$A"}, 5, true, null]', ['k-a=1', { b: 'a' }, 5, true, null]],
    ['n: $N', { n: '5' }],
    ['n: ${EMPTY}', { n: '' }],
    ['n: "$$A"', { n: '$A' }],
    ['a: &x {b: $A}\nc: *x', { a: { b: 'a' }, c: { b: 'a' } }],
    ['x-f: &x {b: $A}\nc: *x', { 'x-f': { b: '$A' }, c: { b: 'a' } }],
    ['x-setpoint: {drift: $A, variables: {B: $A}}', { 'x-setpoint': { drift: 'a', variables: { B: '$A' } } }],
    ['services: {x-web: {x-note: $A}}', { services: { 'x-web': { 'x-note': 'a' } } }],
  ])('%s', (yaml, value) => expect(filled(yaml)).toMatchObject({ value, problems: [] }))

  test.each([
    ['x-f: $NO\nx-g: {a: "${"}\nb: 1', []],
    ['x-f: &x {a: "${NO:?m}"}\nb: *x', ['compose.yaml:1:13 b.a: required variable NO is missing a value: m']],
    [
      'a: ["$A", $NO$NOR]',
      [
        "compose.yaml:1:11 a[1]: variable NO is not set; set it in the stack's .env, under x-setpoint.variables or in a --variables file, give a default as in ${NO:-default}, or write $$ for a literal $",
        "compose.yaml:1:11 a[1]: variable NOR is not set; set it in the stack's .env, under x-setpoint.variables or in a --variables file, give a default as in ${NOR:-default}, or write $$ for a literal $",
      ],
    ],
    [
      'a: "${P:-$2y$05$oZ}"',
      ['compose.yaml:1:4 a: variable oZ is not set; in what looks like a password hash, write $$ for each $'],
    ],
    [
      'a: "${!}"',
      [
        'compose.yaml:1:4 a: invalid interpolation "${!}"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
      ],
    ],
  ])('%s tells %j', (yaml, problems) => expect(filled(yaml).problems).toEqual(problems))

  test('what has had its problem is broken', () => {
    expect(filled('a: $NO\nb: $A').value).toEqual({ a: undefined, b: 'a' })
  })

  test('tags and places stay', () => {
    expect(filled('a: !override $A').root).toMatchObject({
      entries: new Map([['a', { value: { tag: '!override', text: 'a', at: { line: 1, column: 14 } } }]]),
    })
  })
})

describe('with unset variables as in Compose', () => {
  test.each<[string, unknown, string[]]>([
    [
      'a: x$NO\nb: [$NO, $NOR]',
      { a: 'x', b: ['', ''] },
      [
        'notice compose.yaml:1:4 a: variable NO is not set; it counts as blank',
        'notice compose.yaml:2:10 b[1]: variable NOR is not set; it counts as blank',
      ],
    ],
    [
      'a: "${P:-$2y$05$oZ/k}"',
      { a: '$2y$05/k' },
      [
        'notice compose.yaml:1:4 a: variable oZ is not set; it counts as blank: in what looks like a password hash, write $$ for each $',
      ],
    ],
    ['a: "${P:?m}"', { a: undefined }, ['compose.yaml:1:4 a: required variable P is missing a value: m']],
    ['x-f: ["${P:?m}", $A, x$NO]', { 'x-f': ['${P:?m}', 'a', 'x'] }, []],
    [
      'x-f: &x ["${P:?m}"]\nb: *x',
      { 'x-f': [undefined], b: [undefined] },
      ['compose.yaml:1:10 b[0]: required variable P is missing a value: m'],
    ],
    ['x-setpoint: {variables: {B: $A}}', { 'x-setpoint': { variables: { B: 'a' } } }, []],
  ])('%s', (yaml, value, problems) => {
    const result = filled(yaml, 'blank')
    expect(result).toMatchObject({ value, problems })
  })
})

describe('a file that grows by its variables', () => {
  test.each([
    [
      'in many places',
      Array.from({ length: 40 }, (_, n) => `k${n}: $BIG`).join('\n'),
      ['compose.yaml:14:6 k13: the file is too long once its variables are filled in'],
    ],
    [
      'in messages',
      `a: "${'${NO:?x$BIG}'.repeat(1000)}"`,
      ['compose.yaml:1:4 a: the file is too long once its variables are filled in'],
    ],
    [
      'in one place',
      'a: $BIG$BIG',
      ['compose.yaml:1:4 a: is longer than 1048576 characters once its variables are filled in'],
    ],
    [
      'by aliases',
      `a: &x $BIG\nb: [${'*x, '.repeat(40)}]`,
      ['compose.yaml:1:1 has more than 8388608 bytes once its aliases and variables are filled in'],
    ],
  ])('%s', (_what, yaml, problems) => expect(filled(yaml).problems).toEqual(problems))
})

test('very many unset variables in what looks like a hash are told of, up to a limit', () => {
  const names = Array.from({ length: 50_000 }, (_, n) => `$v${n}`).join(' ')
  expect(filled(`a: "$apr1$x ${names}"`, 'blank').problems).toHaveLength(2000)
})
