import { expect, test } from 'vitest'
import { reasonsOf } from '../../../../scripts/corpus/reasons.ts'

function refusedFor(...messages: string[]) {
  const place = { file: 'compose.yaml', line: 1, column: 1, path: 'x', severity: 'error' as const }
  return {
    id: 'x',
    isAccepted: false,
    isAcceptedWithMounts: false,
    errors: messages.map((message) => ({ ...place, message })),
  }
}

test('files are counted by the reasons for which they are refused', () => {
  const deployed = [
    refusedFor('variable A is not set; set it', 'variable B is not set; set it', 'unknown key'),
    refusedFor('variable C is not set; set it', 'there is no file a/b'),
    refusedFor('there is no file c', 'names the volume data, which is not declared; there is other'),
    refusedFor('required variable D is missing a value: D must be set', 'must be a list, not "x y"'),
  ]
  expect(reasonsOf(deployed).map(({ reason, files }) => `${files} ${reason}`)).toEqual([
    '2 there is no file …',
    '2 variable … is not set',
    '1 must be a list, not "…"',
    '1 names the volume …, which is not declared',
    '1 required variable … is missing a value',
    '1 unknown key',
  ])
})
