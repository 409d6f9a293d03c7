import { afterEach, describe, expect, it } from 'vitest'
import { createIp, type Ip } from '../../../../agent/network/links/ip.ts'

// Without a namespace of its own `ip` may be asked, not told: these lines change nothing.
let ip: Ip

afterEach(() => ip.close())

describe('ip', () => {
  it('answers each caller with its own complaints', async () => {
    ip = createIp()
    const said = await Promise.all([
      ip.run(['link set no-such-1 up']),
      ip.run(['link show lo']),
      ip.run(['nonsense', 'link set no-such-2 up']),
    ])
    expect(said).toEqual([
      ['Cannot find device "no-such-1"'],
      [],
      ['Object "nonsense" is unknown, try "ip help".', 'Cannot find device "no-such-2"'],
    ])
  })

  it('goes on with the next caller when it ends over the lines of one', async () => {
    ip = createIp()
    const results = await Promise.allSettled([
      ip.run(['link set lo master no-such-bridge']),
      ip.run(['link set no-such-1 up']),
    ])
    expect(results).toMatchObject([
      { status: 'rejected', reason: { message: expect.stringContaining('Device does not exist') } },
      { status: 'fulfilled', value: ['Cannot find device "no-such-1"'] },
    ])
  })

  it('fails when there is no such command', async () => {
    ip = createIp(['/no/such/prefix'])
    await expect(ip.run(['link show lo'])).rejects.toThrow('ENOENT')
  })
})
