import { describe, expect, it } from 'vitest'
import { createOneByOne } from '../../../../schemas/common/one-by-one.ts'

describe('one by one', () => {
  it('begins work on a thing when the work before it has ended, in the order of the calls', async () => {
    const oneByOne = createOneByOne()
    const first = Promise.withResolvers<void>()
    const ended: string[] = []
    const one = oneByOne('a', () => first.promise.then(() => void ended.push('one')))
    const two = oneByOne('a', async () => void ended.push('two'))
    await oneByOne('b', async () => void ended.push('of another thing'))
    first.resolve()
    await Promise.all([one, two])
    expect(ended).toEqual(['of another thing', 'one', 'two'])
  })

  it('tells only its caller of a failure, and goes on', async () => {
    const oneByOne = createOneByOne()
    const failing = oneByOne('a', () => Promise.reject(new Error('no')))
    const next = oneByOne('a', async () => 'yes')
    await expect(failing).rejects.toThrow('no')
    await expect(next).resolves.toBe('yes')
  })
})
