import { describe, expect, it } from 'vitest'
import { coalesce } from '../../../agent/coalesce.ts'

/** Work that ends when it is told to, and counts how often it was begun. */
function heldWork() {
  const ends: PromiseWithResolvers<void>[] = []
  const work = coalesce(() => {
    const end = Promise.withResolvers<void>()
    ends.push(end)
    return end.promise
  })
  return { work, ends }
}

describe('coalesced work', () => {
  it('is done once more for all who ask while it is under way', async () => {
    const { work, ends } = heldWork()
    const first = work()
    const later = [work(), work()]
    ends[0]?.resolve()
    await first
    await Promise.resolve()
    ends[1]?.resolve()
    await Promise.all(later)
    expect(ends).toHaveLength(2)
  })

  it('is never done twice at once, also when who has waited for it asks again before the next is begun', async () => {
    const { work, ends } = heldWork()
    const again = work().then(work)
    const next = work()
    ends[0]?.resolve()
    await new Promise(setImmediate)
    expect(ends).toHaveLength(2)
    ends[1]?.resolve()
    await Promise.all([again, next])
    expect(ends).toHaveLength(2)
  })

  it('goes on after a failure, which is told to those alone whose work it was', async () => {
    const { work, ends } = heldWork()
    const first = work()
    const next = work()
    ends[0]?.reject(new Error('no'))
    await expect(first).rejects.toThrow('no')
    await new Promise(setImmediate)
    ends[1]?.resolve()
    await expect(next).resolves.toBeUndefined()
  })
})
