import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  aNetwork,
  aTask,
  bridge,
  endpoint,
  fetch,
  host,
  inside,
  journaled,
  namespace,
  networks,
  paths,
  reopen,
  run,
  serving,
  useNetworkHost,
} from '../support/network-host.ts'

useNetworkHost()
beforeEach(() => host.ip(['link add lan0 type veth peer name lan1', 'link set lan1 up', 'link set lan0 up']))
afterEach(() => vi.unstubAllEnvs())

/** Not every kernel has ipvlan; this machine's own has not. */
const KINDS = ['macvlan', ...(await hasIpvlan())]

const lan = (driver: string, rest = {}) =>
  aNetwork('lan', {
    driver,
    options: { parent: 'lan0' },
    subnet: '192.0.2.0/24',
    range: '192.0.2.64/26',
    ...rest,
  })

describe.each(KINDS)('a network of %s', (driver) => {
  it('has tasks with addresses of their own on the interface, that reach each other', async () => {
    const web = await serving(aTask('web', 1, { networks: [lan(driver)] }))
    const db = await run(aTask('db', 1, { networks: [lan(driver)] }))
    expect([web.addresses, db.addresses]).toEqual([{ lan: '192.0.2.64' }, { lan: '192.0.2.65' }])
    expect(await inside(web.netns, 'ip', '-d', 'link', 'show', 'eth0')).toContain(driver)
    expect(await inside(web.netns, 'ip', 'route')).toContain('default via 192.0.2.1 dev eth0')
    expect(await inside(db.netns, ...fetch('192.0.2.64', 80))).toBe('web.1')
    expect(await networks.addressesOf(web.task.id)).toEqual(['lan=192.0.2.64'])
    await networks.publish([web, db].map(endpoint))
    expect(await host.run('nft', 'list', 'ruleset')).not.toContain('192.0.2')
  })

  it('is mended, and taken away with its tasks', async () => {
    const web = await run(aTask('web', 1, { networks: [lan(driver)] }))
    await inside(web.netns, 'ip', 'link', 'del', 'eth0')
    expect(await networks.addressesOf(web.task.id)).toEqual([])
    await networks.repair(web.task.id)
    expect(await networks.addressesOf(web.task.id)).toEqual(['lan=192.0.2.64'])
    expect(await run(web.task)).toMatchObject({ identity: web.identity })

    await networks.detach(web.task.id)
    expect(await host.run('find', join(paths.run, 'cni'), '-type', 'f')).toBe('')
    expect(await host.run('find', join(paths.state, 'networks'), '-type', 'f')).toBe('')
  })
})

describe('a network of a plugin', () => {
  it('stands beside a bridge, which has names and, by priority, the default route', async () => {
    const places = [
      { network: 'lan', aliases: [], mac: '02:42:ac:11:65:43' },
      { network: 'net', aliases: [], gatewayPriority: 1 },
    ]
    const web = await run(
      aTask('web', 1, { networks: [lan('macvlan'), aNetwork('net')], container: { networks: places } }),
    )
    expect(web.addresses).toEqual({ lan: '192.0.2.64', net: '10.210.0.2' })
    expect(await inside(web.netns, 'ip', 'route')).toMatch(/default via 10\.210\.0\.1 dev eth1/)
    expect(await inside(web.netns, 'ip', 'link', 'show', 'eth0')).toContain('02:42:ac:11:65:43')
    const [, server] = /nameserver (\S+)/.exec(await readFile(web.resolvConf, 'utf8')) ?? []
    expect(await host.run('ip', '-br', 'addr', 'show', await bridge())).toContain(`${server}/24`)
  })

  it('has the settings that the plugin knows', async () => {
    const spec = aNetwork('p2p', {
      driver: 'ptp',
      options: { ipMasq: 'false', mtu: '1300' },
      subnet: '10.5.0.0/24',
    })
    const web = await run(aTask('web', 1, { networks: [spec] }))
    expect(await inside(web.netns, 'ip', 'link', 'show', 'eth0')).toContain('mtu 1300')
    expect(await host.run('ip', '-br', 'link')).toMatch(/^veth/m)
    await networks.removeAll()
    expect(await host.run('ip', '-br', 'link')).not.toMatch(/^veth/m)
  })

  it('is made again after a reboot, and what a crash left of it goes', async () => {
    const spec = aNetwork('p2p', { driver: 'ptp', subnet: '10.5.0.0/24' })
    const [web, gone] = [
      await run(aTask('web', 1, { networks: [spec] })),
      await run(aTask('gone', 1, { networks: [spec] })),
    ]
    await networks.close()
    await host.run('ip', 'netns', 'del', namespace(web))
    await rm(paths.task(gone.task.id), { recursive: true })
    await reopen()
    expect((await host.run('ip', '-br', 'link')).match(/^veth/gm) ?? []).toHaveLength(0)
    expect((await run(web.task)).addresses).toEqual(web.addresses)
    expect((await host.run('ip', '-br', 'link')).match(/^veth/gm)).toHaveLength(1)
  })

  it('says what the plugin complains of, and leaves nothing', async () => {
    const task = await journaled(
      aTask('web', 1, { networks: [lan('macvlan', { options: { parent: 'nope' } })] }),
    )
    await expect(networks.attach(task)).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: expect.stringContaining('nope'),
    })
    await networks.detach(task.id)
    expect(await host.run('ip', 'netns', 'list')).not.toContain(paths.instance)
  })

  it('names the plugin that is not installed, and its package', async () => {
    vi.stubEnv('CNI_PATH', '/nowhere')
    const task = await journaled(aTask('web', 1, { networks: [lan('macvlan')] }))
    await expect(networks.attach(task)).rejects.toMatchObject({
      code: 'RUNTIME_MISSING',
      message: expect.stringContaining('macvlan, which is not in /nowhere'),
      hint: expect.stringContaining('containernetworking-plugins'),
    })
    await networks.detach(task.id)
  })
})

describe('resolvers of a service', () => {
  it('are asked by its name server in place of those of the host; its neighbours ask as before', async () => {
    const dns = { servers: ['192.0.2.2'] }
    const web = await run(aTask('web', 1, { container: { dns } }))
    const db = await run(aTask('db', 1))
    const [one, other] = await Promise.all([web, db].map(({ resolvConf }) => readFile(resolvConf, 'utf8')))
    expect(other).toContain('nameserver 10.210.0.1\n')
    expect(one).not.toContain('nameserver 10.210.0.1\n')
    const command = host.start(
      ...[
        'ip',
        'netns',
        'exec',
        'outside',
        'dnsmasq',
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--no-resolv',
      ],
      ...['--no-hosts', '--user=root', '--pid-file=', '--address=/example.test/198.51.100.7'],
    )
    expect(command.pid).toBeGreaterThan(0)
    await expect.poll(() => host.outside('cat', '/proc/net/udp')).toMatch(/:0035 /)
    const server = /nameserver (\S+)/.exec(one ?? '')?.[1] ?? ''
    expect(await inside(web.netns, 'busybox', 'nslookup', '-type=a', 'example.test', server)).toContain(
      '198.51.100.7',
    )
    await networks.publish([web, db].map(endpoint))
    await expect
      .poll(() => inside(web.netns, 'busybox', 'nslookup', '-type=a', 'db', server))
      .toContain('10.210.0.')
  })
})

async function hasIpvlan(): Promise<string[]> {
  const made = ['ip', 'link', 'add', 'v0', 'link', 'p0', 'type', 'ipvlan']
  const line = `ip link add p0 type veth peer name p1 && ${made.join(' ')}`
  return promisify(execFile)('unshare', ['--net', 'sh', '-c', line]).then(
    () => ['ipvlan'],
    () => [],
  )
}
