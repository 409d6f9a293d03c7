import { describe, expect, it } from 'vitest'
import { errorFacts, errorFrom, mayPass } from '../../../schemas/error.ts'

describe('an error that another process has told of', () => {
  it('says the same here', () => {
    const told = { code: 'DISK_FULL', message: 'No room is left.', hint: 'Make some.' } as const
    expect(errorFacts(errorFrom(told), 'INTERNAL')).toEqual(told)
  })

  it.each(['SOMETHING_NEW', 'toString', ''])('has a code that is known, whatever it was: %s', (code) => {
    expect(errorFrom({ code, message: 'Later versions know.' })).toMatchObject({
      code: 'INTERNAL',
      message: 'Later versions know.',
      hint: undefined,
    })
  })

  it('may pass when its code says so', () => {
    expect(['DISK_FULL', 'SOURCE_INVALID', 'SOMETHING_NEW', 'toString'].map(mayPass)).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})
