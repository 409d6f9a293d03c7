import { beforeEach, describe, expect, it } from 'vitest'
import {
  aNetwork,
  aTask,
  endpoint,
  fetch,
  host,
  inside,
  networks,
  port,
  run,
  serve,
  serveOutside,
  serving,
  useNetworkHost,
} from '../support/network-host.ts'

useNetworkHost()
beforeEach(() =>
  host.ip([
    'addr add 2001:db8::1/64 dev outside nodad',
    '-n outside addr add 2001:db8::2/64 dev eth0 nodad',
    '-n outside route add default via 2001:db8::1',
  ]),
)

const six = (name: string, n: number, rest = {}) =>
  aNetwork(name, { ipv6: true, subnet6: `fd00:${n}::/64`, ...rest })

describe('networks with IPv6', () => {
  it('are kept apart from each other, and lead out behind the address of the host', async () => {
    const one = await serving(aTask('one', 1, { networks: [six('a', 1)] }))
    const near = await run(aTask('near', 1, { networks: [six('a', 1)] }))
    const far = await run(aTask('far', 1, { networks: [six('b', 2)] }))
    await serveOutside()

    expect(await inside(near.netns, ...fetch('[fd00:1::2]', 80))).toBe('one.1')
    expect(await inside(far.netns, ...fetch('[2001:db8::2]', 80))).toBe('outside')
    await expect(inside(far.netns, ...fetch('[fd00:1::2]', 80))).rejects.toThrow()
    await expect(host.outside(...fetch('[fd00:1::2]', 80))).rejects.toThrow()
    await networks.publish([one, near, far].map(endpoint))
    await expect(inside(far.netns, ...fetch('[fd00:1::2]', 80))).rejects.toThrow()
  })

  it('do not let tasks reach what the host has on the bridge of another', async () => {
    const near = await run(aTask('near', 1, { networks: [six('a', 1)] }))
    const far = await run(aTask('far', 1, { networks: [six('b', 2)] }))
    await serve([...host.prefix], '[::]:9000', 'host')
    expect(await inside(near.netns, ...fetch('[fd00:1::1]', 9000))).toBe('host')
    await expect(inside(far.netns, ...fetch('[fd00:1::1]', 9000))).rejects.toThrow()
    await expect(inside(far.netns, ...fetch('10.210.0.1', 9000))).rejects.toThrow()
  })

  it('that are internal have no way out, also by a route put in by hand, and their ports are published', async () => {
    const spec = six('back', 3, { internal: true })
    const back = await serving(aTask('back', 1, { networks: [spec], ports: [port(8080, 80)] }))
    const other = await serving(aTask('other', 1, { networks: [six('a', 1)] }))
    await networks.publish([back, other].map(endpoint))
    await serveOutside()
    await inside(back.netns, 'ip', 'route', 'add', 'default', 'via', 'fd00:3::1')
    await inside(back.netns, 'ip', 'route', 'add', 'default', 'via', '10.210.0.1')
    for (const address of ['[2001:db8::2]', '192.0.2.2', '[fd00:1::2]', other.addresses.a]) {
      await expect(inside(back.netns, ...fetch(address, 80))).rejects.toThrow()
    }
    expect(await host.outside(...fetch('[2001:db8::1]', 8080))).toBe('back.1')
    expect(await host.outside(...fetch('192.0.2.1', 8080))).toBe('back.1')
  })
})
