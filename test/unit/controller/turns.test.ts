import { describe, expect, it } from 'vitest'
import { createTurns } from '../../../controller/turns.ts'

/** Turns whose ends the test decides. */
function manual() {
  const begun: string[] = []
  const ends: ((next: Date | null | Error) => void)[] = []
  const errors: string[] = []
  const turns = createTurns({
    turn: (stack) => {
      begun.push(stack)
      return new Promise((resolve, reject) =>
        ends.push((next) => (next instanceof Error ? reject(next) : resolve(next))),
      )
    },
    onTurn: () => {},
    onError: (stack) => errors.push(stack),
    now: () => new Date(),
  })
  return { turns, begun, ends, errors }
}

describe('createTurns', () => {
  it('takes one turn at a time for a stack, and one more however often it was woken', async () => {
    const { turns, begun, ends } = manual()
    turns.wake('a')
    turns.wake('a')
    turns.wake('a')
    expect(begun).toEqual(['a'])
    ends[0]?.(null)
    await expect.poll(() => begun).toEqual(['a', 'a'])
    ends[1]?.(null)
    await turns.idle()
    expect(begun).toEqual(['a', 'a'])
  })

  it('takes turns of different stacks beside each other', () => {
    const { turns, begun } = manual()
    turns.wake('a')
    turns.wake('b')
    expect(begun).toEqual(['a', 'b'])
  })

  it('goes on after an error, for that stack and every other', async () => {
    const { turns, begun, ends, errors } = manual()
    turns.wake('a')
    turns.wake('b')
    ends[0]?.(new Error('bad stack'))
    ends[1]?.(null)
    await turns.idle()
    expect(errors).toEqual(['a'])
    await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b', 'a'])
    ends[2]?.(null)
    await turns.close()
  })

  it('takes the turn that was asked for by time', async () => {
    const { turns, begun, ends } = manual()
    turns.wake('a')
    ends[0]?.(new Date())
    await expect.poll(() => begun).toEqual(['a', 'a'])
    ends[1]?.(null)
    await turns.close()
  })

  it('keeps turns away while something else has the stack, and takes one after it', async () => {
    const { turns, begun, ends } = manual()
    const gate = Promise.withResolvers<void>()
    const working = turns.exclusive('a', () => gate.promise)
    turns.wake('a')
    expect(begun).toEqual([])
    gate.resolve()
    await working
    await expect.poll(() => begun).toEqual(['a'])
    ends[0]?.(null)
  })

  it('begins no turn after it was closed', async () => {
    const { turns, begun } = manual()
    await turns.close()
    turns.wake('a')
    expect(begun).toEqual([])
  })
})
