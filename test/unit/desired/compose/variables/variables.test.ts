import { describe, expect, test } from 'vitest'
import { readEnvFiles } from '../../../../../controller/desired/compose/variables/env-files.ts'
import {
  stackVariables,
  unsetSetting,
} from '../../../../../controller/desired/compose/variables/variables.ts'
import type { Problem } from '../../../../../schemas/problem.ts'
import { shown } from '../../support.ts'
import { aFolder, documentsOf, lookupIn } from '../variables-support.ts'

interface Given {
  settings?: Record<string, string>
  dotenv?: string
  yaml?: string
}

function variablesOf({ settings = {}, dotenv, yaml = '' }: Given) {
  const problems: Problem[] = []
  const lookup = stackVariables({
    file: 'web/compose.yaml',
    folder: 'web',
    documents: documentsOf(yaml),
    files: aFolder(dotenv === undefined ? {} : { 'web/.env': dotenv }),
    settings,
    problems,
  })
  const values = ['A', 'B', 'toString'].map((name) => lookup(name) ?? null)
  return { values, problems: problems.map(shown) }
}

const declares = (variables: string) => `x-setpoint: {variables: ${variables}}`

describe('the variables of a stack', () => {
  test.each<[string, Given, string | null, string | null]>([
    ['none', {}, null, null],
    ['.env', { dotenv: 'A=1\nB=2' }, '1', '2'],
    ['the file over .env', { dotenv: 'A=1\nB=2', yaml: declares('{A: x}') }, 'x', '2'],
    ['an empty one over .env', { dotenv: 'A=1', yaml: declares('{A: ""}') }, '', null],
    ['numbers and booleans', { yaml: declares('{A: 1.50, B: true}') }, '1.5', 'true'],
    ['a list', { yaml: declares('["A=x=y", B]') }, 'x=y', null],
    ['no value', { dotenv: 'A=1', yaml: declares('{A: }') }, '1', null],
    ['settings over all', { settings: { A: 's' }, dotenv: 'A=1', yaml: declares('{A: x}') }, 's', null],
    ['an empty setting over all', { settings: { A: '' }, dotenv: 'A=1' }, '', null],
    ['.env in the file', { dotenv: 'A=1', yaml: declares('{B: "${A}2"}') }, '1', '12'],
    ['settings in the file', { settings: { A: 's' }, yaml: declares('{B: $A}') }, 's', 's'],
    ['settings in .env', { settings: { A: 's' }, dotenv: 'A=1\nB=$A' }, 's', 's'],
    ['only the first document declares', { yaml: `a: 1\n---\n${declares('{A: x}')}` }, null, null],
  ])('%s', (_what, given, a, b) => {
    expect(variablesOf(given)).toEqual({ values: [a, b, null], problems: [] })
  })

  test('what is wrong with them is told at its place', () => {
    const { values, problems } = variablesOf({ dotenv: 'A=1\nno good', yaml: declares('{A: "${", B: x}') })
    expect(problems).toEqual([
      'web/.env:2:1 this line is no NAME=value: a name has no space',
      'compose.yaml:1:29 x-setpoint.variables.A: invalid interpolation "${"; write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a literal $',
    ])
    expect(values).toEqual(['1', 'x', null])
  })

  test('x-setpoint.unset counts for them too', () => {
    const yaml = 'x-setpoint: {unset: blank, variables: {B: x$NO}}'
    expect(variablesOf({ dotenv: 'A=$NO', yaml })).toEqual({
      values: ['', 'x', null],
      problems: [
        'notice web/.env:1:3 A: variable NO is not set; it counts as blank',
        'notice compose.yaml:1:43 x-setpoint.variables.B: variable NO is not set; it counts as blank',
      ],
    })
  })
})

test.each([
  ['', 'error'],
  ['x-setpoint: {}', 'error'],
  ['x-setpoint: {unset: error}', 'error'],
  ['x-setpoint: {unset: maybe}', 'error'],
  ['x-setpoint: [blank]', 'error'],
  ['x-setpoint: {unset: blank}', 'blank'],
  ['a: 1\n---\nx-setpoint: {unset: blank}', 'error'],
])('%j: an unset variable is %s', (yaml, wanted) => expect(unsetSetting(documentsOf(yaml))).toBe(wanted))

describe('several env files', () => {
  const files = aFolder({ a: 'A=1\nB=2', b: 'A=x$B\nC=$A$OUTER', bad: 'B B' })
  const inputs = { files, outer: lookupIn({ OUTER: 'o' }), unset: 'error' } as const

  test('later ones win, and see the names of earlier ones', () => {
    const { variables, problems } = readEnvFiles(['a', 'b'], inputs)
    expect(Object.fromEntries(variables)).toEqual({ A: 'x2', B: '2', C: 'x2o' })
    expect(problems).toEqual([])
  })

  test('the problems of all are told', () => {
    expect(readEnvFiles(['gone', 'bad', '../x'], inputs).problems.map(shown)).toEqual([
      'gone: there is no such file',
      'bad:1:1 this line is no NAME=value: a name has no space',
      '../x: leads out of the checkout; only files of the repository are read',
    ])
  })
})
