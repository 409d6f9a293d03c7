import { existsSync, readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hold } from '../../../agent/runtime/hold.ts'

describe('a process that is held', () => {
  it('is in its namespaces when it is there, and gone when it is let go', async () => {
    const held = await hold(['unshare', '--user'])
    expect(readlinkSync(`/proc/${held.pid}/ns/user`)).not.toBe(readlinkSync('/proc/self/ns/user'))
    await held.end()
    expect(existsSync(`/proc/${held.pid}`)).toBe(false)
  })

  it.each([
    [['unshare', '--no-such-namespace'], 'unrecognized option'],
    [['no-such-program'], 'no-such-program is not installed'],
    [['false'], 'it ended'],
  ])('tells why %j does not come to be', async ([command = '', ...args], why) => {
    await expect(hold([command, ...args])).rejects.toThrow(why)
  })
})
