import { describe, expect, test } from 'vitest'
import { develop } from '../../../../../controller/desired/compose/model/develop.ts'
import { external } from '../../../../../controller/desired/compose/model/external.ts'
import { hooks, startHooks } from '../../../../../controller/desired/compose/model/hook.ts'
import { profiles } from '../../../../../controller/desired/compose/model/profiles.ts'
import {
  filledStrings,
  stringOrList,
  uniqueStrings,
} from '../../../../../controller/desired/compose/model/string-or-list.ts'
import { tmpfs } from '../../../../../controller/desired/compose/model/tmpfs.ts'
import { ulimits } from '../../../../../controller/desired/compose/model/ulimits.ts'
import type { Shape } from '../../../../../controller/desired/compose/shape.ts'
import { canonical, messages } from '../canonical-support.ts'

const cases: [name: string, shape: Shape, written: string, expected: unknown][] = [
  ['string or list', stringOrList, 'a', ['a']],
  ['string or list', stringOrList, '[a, b, a]', ['a', 'b']],
  ['filled strings', filledStrings, '""', []],
  ['filled strings', filledStrings, '[10.0.0.1, ""]', ['10.0.0.1']],
  ['tmpfs', tmpfs, '/run', ['/run']],
  ['tmpfs', tmpfs, '[/run, /tmp, "/run:size=64m"]', ['/run:size=64m', '/tmp']],
  ['strings', uniqueStrings, '[a, b, a]', ['a', 'b']],
  ['profiles', profiles, '[debug, debug]', ['debug']],
  ['ulimits', ulimits, '{nofile: "65536", nproc: -1}', { nofile: 65536, nproc: -1 }],
  ['ulimits', ulimits, '{nofile: {soft: 1, hard: "2"}}', { nofile: { soft: 1, hard: 2 } }],
  ['external', external, 'true', true],
  ['external', external, '"false"', false],
  ['external', external, '{name: a}', { name: 'a' }],
  [
    'hooks',
    hooks,
    '[{command: echo a, environment: [A=1]}]',
    [{ command: ['echo', 'a'], environment: { A: '1' } }],
  ],
  ['hooks', startHooks, '[{image: a, per_replica: "true"}]', [{ image: 'a', per_replica: true }]],
  ['develop', develop, '', null],
  [
    'develop',
    develop,
    '{watch: [{path: ./src, action: sync, target: /src, ignore: tmp}]}',
    { watch: [{ path: '/project/src', action: 'sync', target: '/src', ignore: ['tmp'] }] },
  ],
]

test.each(cases)('%s: %#', (_name, shape, written, expected) => {
  expect(canonical(shape, written)).toEqual({ value: expected, errors: [], notices: [] })
})

describe('refused', () => {
  const refusals: [shape: Shape, written: string, message: string][] = [
    [stringOrList, '5', 'must be a string or a list of strings, not the number 5'],
    [uniqueStrings, 'a', 'must be a list of strings, not "a"'],
    [profiles, 'debug', 'must be a list of profiles, as in [debug], not "debug"'],
    [ulimits, '{nofile: many}', 'must be a whole number, or a mapping with soft and hard, not "many"'],
    [ulimits, '{nofile: {soft: -2, hard: 1}}', 'must be a whole number of -1 or more, not the number -2'],
    [external, 'maybe', 'must be true or false, not "maybe"'],
    [hooks, '[echo]', 'must be a mapping with a command, not "echo"'],
    [hooks, '[{command: a, image: b}]', 'unknown key'],
    [develop, '{watch: [{path: "", action: sync}]}', 'must not be empty'],
    [
      develop,
      '{watch: [{path: a, action: copy}]}',
      'must be rebuild, sync, restart, sync+restart or sync+exec, not "copy"',
    ],
  ]
  test.each(refusals)('%#', (shape, written, message) => {
    expect(messages(shape, written)[0]).toContain(message)
  })
})
