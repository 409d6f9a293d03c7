import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../schemas/canonical.ts'
import { fingerprintOf } from '../unit/desired/spec/fingerprint-support.ts'
import { type Choose, type Meaning, meaning, spell } from './spellings.ts'

/** The fingerprint of a service that is written in one of the many ways. */
function fingerprint(meant: Meaning, choose: Choose): string {
  const { files, compose, variables } = spell(meant, choose)
  try {
    return fingerprintOf(files, { compose, variables })
  } catch (error) {
    throw new Error(`${JSON.stringify(files, null, 2)}: ${error}`, { cause: error })
  }
}

const choices = fc.array(fc.nat(59), { minLength: 60, maxLength: 60 })

/** Chooses as the numbers say, one after the other and from the start again; zeros choose what stands first. */
function chooser(numbers: number[]): Choose {
  let next = 0
  return (first, ...others) =>
    [first, ...others][(numbers[next++ % numbers.length] ?? 0) % (others.length + 1)] ?? first
}

test('however a service is written, it has one fingerprint', () => {
  fc.assert(
    fc.property(meaning, choices, (meant, numbers) => {
      const choose = chooser(numbers)
      expect(fingerprint(meant, choose)).toBe(fingerprint(meant, choose))
    }),
    { numRuns: 300 },
  )
}, 60_000)

/** A service, and another that differs from it in one key at most. */
const near = fc
  .tuple(
    meaning,
    meaning,
    meaning.map(Object.keys).chain((keys) => fc.constantFrom(...keys)),
  )
  .map(([one, other, key]): [Meaning, Meaning] => [one, { ...one, [key]: Object(other)[key] }])

test('two services have one fingerprint when they mean the same, and only then', () => {
  fc.assert(
    fc.property(near, choices, ([one, other], numbers) => {
      const choose = chooser(numbers)
      const isSame = canonicalJson(one) === canonicalJson(other)
      expect(fingerprint(one, choose) === fingerprint(other, choose)).toBe(isSame)
    }),
    { numRuns: 300 },
  )
}, 60_000)
