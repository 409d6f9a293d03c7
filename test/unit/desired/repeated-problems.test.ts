import { describe, expect, test } from 'vitest'
import { errorAt, errorIn, noticeAt, tidy } from '../../../controller/desired/problems.ts'
import { problemsOf } from './support.ts'

describe('a typo under an anchor is told once', () => {
  test.each([
    ['x-a: &a {imgae: x}\nservices: {b: *a}', '1:10 services.b.imgae: unknown key; did you mean image?'],
    [
      'x-a: &a {imgae: x}\nservices: {b: *a, c: *a}',
      '1:10 services.b.imgae: unknown key; did you mean image? (and at 1 more place that uses it)',
    ],
    [
      'x-a: &a {imgae: x}\nservices: {b: *a, c: {<<: *a}, d: *a}',
      '1:10 services.b.imgae: unknown key; did you mean image? (and at 2 more places that use it)',
    ],
  ])('%s', (text, problem) =>
    expect(problemsOf(text).filter((one) => one.includes('imgae'))).toEqual([`web/compose.yaml:${problem}`]),
  )
})

describe('tidy', () => {
  const at = { file: 'f', line: 1, column: 2 }

  test('what is told once stays as it is told', () => {
    const once = tidy([
      errorAt(at, 'b', 'is wrong'),
      errorAt(at, 'a', 'is wrong'),
      errorAt(at, 'a', 'is wrong'),
    ])
    expect(once.map(({ path, message }) => [path, message])).toEqual([
      ['a', 'is wrong (and at 1 more place that uses it)'],
    ])
    expect(tidy(once)).toEqual(once)
  })

  test('what is only alike is told each', () => {
    const problems = [
      errorIn('f', 'is wrong'),
      { ...errorIn('f', 'is wrong'), path: 'a' },
      errorAt(at, 'a', 'is wrong'),
      errorAt(at, 'a', 'is wronger'),
      noticeAt(at, 'a', 'is wrong'),
      errorAt({ ...at, column: 3 }, 'a', 'is wrong'),
    ]
    expect(tidy(problems)).toEqual(problems)
  })
})
