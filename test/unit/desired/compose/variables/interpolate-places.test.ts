import { expect, test } from 'vitest'
import { interpolate } from '../../../../../controller/desired/compose/variables/interpolate.ts'
import { documentsOf, lookupIn } from '../variables-support.ts'

/** Where something is told, each as `line:column`, in the order it is told. */
function places(yaml: string, unset: 'error' | 'blank' = 'error'): string[] {
  return documentsOf(yaml).flatMap((root) =>
    interpolate(root, { variables: lookupIn({ A: 'a' }), unset }).problems.map(
      ({ line, column }) => `${line}:${column}`,
    ),
  )
}

test.each<[string, string[]]>([
  // a literal block
  ['a: |\n  x\n  y $NO', ['3:5']],
  ['a: |\r\n  x\r\n  y $NO\r\n', ['3:5']],
  ['a: |-  # told\n\n\n    x\n      y $B $C\n', ['5:9', '5:12']],
  ['a:\n  b: |2\n      x ${NO\n', ['3:9']],
  ['a: |\n  $$A $A\n  ${A:?}${B:?is needed}', ['3:9']],
  ['- |\n $NO', ['2:2']],
  // anything else is told of where it starts
  ['a: "x $NO"', ['1:4']],
  ['a: >\n  x\n  y $NO', ['1:4']],
  ['a: "\\t$NO"', ['1:4']],
  ['a: x\n  $NO', ['1:4']],
])('%j', (yaml, wanted) => expect(places(yaml)).toEqual(wanted))

test('a notice has its place too', () =>
  expect(places('a: |\n  x\n  $B $C $B', 'blank')).toEqual(['3:3', '3:6']))
