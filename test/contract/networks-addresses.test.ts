import { describe, expect, it } from 'vitest'
import {
  aNetwork,
  aTask,
  endpoint,
  fetch,
  host,
  inside,
  journaled,
  networks,
  paths,
  reopen,
  run,
  serving,
  useNetworkHost,
} from '../support/network-host.ts'

useNetworkHost()

describe('a network with IPv6', () => {
  it('gives addresses and default routes of both families, and takes them all away', async () => {
    const task = aTask('web', 1, { networks: [aNetwork('net', { ipv6: true, subnet6: 'fd00:1::/64' })] })
    const { netns, addresses, addresses6 } = await run(task)

    expect([addresses, addresses6]).toEqual([{ net: '10.210.0.2' }, { net: 'fd00:1::2' }])
    expect(await inside(netns, 'ip', '-br', 'addr', 'show', 'eth0')).toMatch(
      /10\.210\.0\.2\/24 fd00:1::2\/64/,
    )
    expect(await inside(netns, 'ip', '-6', 'route')).toContain('default via fd00:1::1 dev eth0')
    expect(await networks.addressesOf(task.id)).toEqual(['net=10.210.0.2', 'net=fd00:1::2'])
    expect(await host.run('sysctl', '-n', 'net.ipv6.conf.all.forwarding')).toBe('1\n')
    await networks.detach(task.id)
    expect(await host.run('ip', '-br', 'link')).not.toContain(`sp${paths.instance}`)
  })

  it('picks a range of the host for itself, and keeps it over a new agent', async () => {
    const spec = aNetwork('net', { ipv6: true })
    const one = await run(aTask('web', 1, { networks: [spec] }))
    expect(one.addresses6?.net).toMatch(/^fd[\da-f:]+::2$/)
    await networks.close()
    await reopen()
    const two = await run(aTask('web', 2, { networks: [spec] }))
    expect(two.addresses6?.net).toBe(one.addresses6?.net?.replace(/2$/, '3'))
  })

  it('alone has no IPv4 at all', async () => {
    const spec = aNetwork('net', { ipv4: false, ipv6: true, subnet6: 'fd00:1::/64' })
    const web = await serving(aTask('web', 1, { networks: [spec] }))
    const db = await run(aTask('db', 1, { networks: [spec] }))
    await networks.publish([web, db].map(endpoint))

    expect(web.addresses).toEqual({})
    expect(await inside(web.netns, 'ip', '-br', '-4', 'addr', 'show', 'eth0')).toBe('')
    expect(await inside(db.netns, ...fetch('[fd00:1::2]', 80))).toBe('web.1')
    expect(await networks.addressesOf(web.task.id)).toEqual(['net=fd00:1::2'])
  })

  it('has drift in its addresses seen and repaired', async () => {
    const spec = aNetwork('net', { ipv6: true, subnet6: 'fd00:1::/64' })
    const web = await run(aTask('web', 1, { networks: [spec] }))
    const wanted = await networks.addressesOf(web.task.id)
    await inside(web.netns, 'ip', 'addr', 'del', 'fd00:1::2/64', 'dev', 'eth0')
    expect(await networks.addressesOf(web.task.id)).toEqual(['net=10.210.0.2'])
    await networks.repair(web.task.id)
    expect(await networks.addressesOf(web.task.id)).toEqual(wanted)
    expect(await inside(web.netns, 'ip', '-6', 'route')).toContain('default via fd00:1::1 dev eth0')
  })
})

describe('a fixed address', () => {
  const spec = aNetwork('net', { subnet: '10.77.0.0/24', ipv6: true, subnet6: 'fd00:1::/64' })
  const fixed = (slot: number, asked: object) =>
    aTask('web', slot, {
      networks: [spec],
      container: { networks: [{ network: 'net', aliases: [], ...asked }] },
    })

  it('is what the task gets, of either family, with its hardware address and device', async () => {
    const asked = { ipv4: '10.77.0.50', ipv6: 'FD00:1::0:50', mac: '02:42:ac:11:65:43', device: 'front0' }
    const web = await run(fixed(1, { ...asked, linkLocal: ['169.254.7.1'] }))
    expect([web.addresses, web.addresses6]).toEqual([{ net: '10.77.0.50' }, { net: 'fd00:1::50' }])
    const shown = await inside(web.netns, 'ip', 'addr', 'show', 'front0')
    for (const part of ['02:42:ac:11:65:43', '10.77.0.50/24', '169.254.7.1/16']) expect(shown).toContain(part)
    expect(await networks.addressesOf(web.task.id)).toEqual(['net=10.77.0.50', 'net=fd00:1::50'])
  })

  it('that another task has is refused by name, before anything is touched', async () => {
    const other = await run(aTask('db', 1, { networks: [spec] }))
    const task = await journaled(fixed(1, { ipv4: other.addresses.net }))
    const links = await host.run('ip', '-br', 'link')
    await expect(networks.attach(task)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining('shop/db'),
    })
    expect(await host.run('ip', '-br', 'link')).toBe(links)
    await networks.detach(other.task.id)
    await expect(networks.attach(task)).resolves.toMatchObject({ addresses: other.addresses })
  })

  it.each([{ ipv4: '10.78.0.5' }, { ipv6: 'fd00:2::5' }])(
    'outside the subnet is refused: %j',
    async (asked) => {
      const task = await journaled(fixed(1, asked))
      await expect(networks.attach(task)).rejects.toMatchObject({
        code: 'NETWORK_FAILED',
        message: expect.stringContaining('10.77.0.0/24 and fd00:1::/64'),
      })
      expect(await host.run('ip', '-br', 'link')).not.toContain(`sp${paths.instance}`)
    },
  )
})

describe('a network', () => {
  it('has the gateway, range, reserved addresses and packet size that it asks for', async () => {
    const settings = { subnet: '10.77.0.0/24', gateway: '10.77.0.254', range: '10.77.0.8/30', mtu: 1400 }
    const spec = aNetwork('net', { ...settings, reserved: ['10.77.0.8'] })
    const web = await run(aTask('web', 1, { networks: [spec] }))
    expect(web.addresses).toEqual({ net: '10.77.0.9' })
    expect(await inside(web.netns, 'ip', 'route')).toContain('default via 10.77.0.254')
    expect(await inside(web.netns, 'ip', 'link', 'show', 'eth0')).toContain('mtu 1400')
    expect(await host.run('ip', '-br', 'addr')).toMatch(/sp\S+ .*10\.77\.0\.254\/24/)
  })

  it('that is external is the one of that name which another stack has set up', async () => {
    const web = await serving(aTask('web', 1, { networks: [aNetwork('net', { subnet: '10.77.0.0/24' })] }))
    const other = await run(aTask('db', 1, { networks: [aNetwork('net', { external: true })] }))
    expect(other.addresses).toEqual({ net: '10.77.0.3' })
    await networks.detach(web.task.id)
    expect(await networks.addressesOf(other.task.id)).toEqual(['net=10.77.0.3'])
  })

  it('with the greatest gateway priority has the default route', async () => {
    const [a, b] = [aNetwork('a'), aNetwork('b')]
    const places = [
      { network: 'a', aliases: [] },
      { network: 'b', aliases: [], gatewayPriority: 1 },
    ]
    const web = await run(aTask('web', 1, { networks: [a, b], container: { networks: places } }))
    expect(await inside(web.netns, 'ip', 'route')).toMatch(/default via 10\.210\.1\.1 dev eth1/)
  })
})
