import { expect, test } from 'vitest'
import type { Answer } from '../../../../scripts/corpus/recorded.ts'
import type { Outcome } from '../../../../scripts/corpus/resolve.ts'
import { compare, isOpen, type Verdict } from '../../../../scripts/corpus/verdict.ts'

const model = { name: 'shop' }

test.each<[Outcome, Answer, Verdict, boolean]>([
  [{ accepted: true, model }, { accepted: true, model: { name: 'shop' } }, 'equal', false],
  [{ accepted: true, model }, { accepted: true, model: { name: 'other' } }, 'different', true],
  [{ accepted: true, model }, { accepted: true, model: undefined }, 'accepted', false],
  [{ accepted: false, message: 'a' }, { accepted: false, message: 'b' }, 'refused', false],
  [{ accepted: false, message: 'a' }, { accepted: true, model }, 'refusedWrongly', true],
  [{ accepted: true, model }, { accepted: false, message: 'b' }, 'acceptedWrongly', true],
  [{ crash: 'RangeError' }, { accepted: false, message: 'b' }, 'crashed', true],
])('%j against %j is %s', (outcome, answer, verdict, open) => {
  const recorded = { id: 'x', cwd: '/corpus', files: [], env: {}, answer }
  const compared = compare(recorded, { outcome, ms: 5 })
  expect(compared.verdict).toBe(verdict)
  expect(isOpen(compared)).toBe(open)
  expect(isOpen({ ...compared, ms: 1500 })).toBe(true)
})

test('messages of both are kept', () => {
  const recorded = {
    id: 'x',
    cwd: '/corpus',
    files: [],
    env: {},
    answer: { accepted: false, message: 'theirs' } as const,
  }
  const compared = compare(recorded, { outcome: { accepted: false, message: 'ours' }, ms: 1 })
  expect(compared).toMatchObject({ ours: 'ours', theirs: 'theirs' })
})
