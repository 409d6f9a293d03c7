import { expect, test } from 'vitest'
import type { Json } from '../../../../controller/desired/compose/print/print.ts'
import { differences } from '../../../../scripts/corpus/differences.ts'

test.each<[string, Json, Json, [string, Json | undefined, Json | undefined][]]>([
  ['the same in another order', { a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, []],
  ['another value', { a: { b: '1' } }, { a: { b: 1 } }, [['a.b', '1', 1]]],
  [
    'keys that one side has',
    { a: 1 },
    { b: null },
    [
      ['b', undefined, null],
      ['a', 1, undefined],
    ],
  ],
  ['an item', { a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, [['a[1].b', 2, 3]]],
  ['lists of another length', { a: [1] }, { a: [1, 2] }, [['a', [1], [1, 2]]]],
  ['another kind', { a: {} }, { a: null }, [['a', {}, null]]],
  ['a list and a map', [], {}, [['', [], {}]]],
])('%s', (_what, ours, theirs, expected) => {
  const found = differences(ours, theirs).map((one) => [one.path, one.ours, one.theirs])
  expect(found).toEqual(expected)
})
