import { describe, expect, it } from 'vitest'
import { createLimit } from '../../../../schemas/common/limit.ts'

describe('a limit', () => {
  it('lets no more run at once than it says, in the order of asking, and all in the end', async () => {
    const inTurn = createLimit(2)
    const began: number[] = []
    let running = 0
    const seen = await Promise.all(
      [1, 2, 3, 4, 5].map((number) =>
        inTurn(async () => {
          began.push(number)
          running += 1
          await Promise.resolve()
          return running--
        }),
      ),
    )
    expect(began).toEqual([1, 2, 3, 4, 5])
    expect(Math.max(...seen)).toBe(2)
  })

  it('goes on after a failure', async () => {
    const inTurn = createLimit(1)
    await expect(inTurn(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(inTurn(async () => 'yes')).resolves.toBe('yes')
  })
})
