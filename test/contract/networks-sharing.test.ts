import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  aNetwork,
  aTask,
  endpoint,
  fetch,
  host,
  inside,
  namespace,
  networks,
  run,
  serving,
  useNetworkHost,
} from '../support/network-host.ts'

useNetworkHost()

describe('a task in the network of another', () => {
  it('has its namespace, names and resolver', async () => {
    const owner = await serving(aTask('vpn', 1))
    const joined = await networks.join(owner.task.id)
    expect(joined).toMatchObject({ netns: owner.netns, identity: owner.identity, addresses: {} })
    expect(joined.reachedAt).toBe('10.210.0.2')
    expect([joined.hosts, joined.resolvConf]).toEqual([owner.hosts, owner.resolvConf])
    expect(await inside(joined.netns, ...fetch('127.0.0.1', 80))).toBe('vpn.1')
  })

  it('is told when the namespace was made anew', async () => {
    const owner = await run(aTask('vpn', 1))
    expect((await run(owner.task)).identity).toBe(owner.identity)
    const stays = host.start('ip', 'netns', 'exec', namespace(owner), 'sleep', '60')
    await expect.poll(() => host.run('ip', 'netns', 'pids', namespace(owner))).toContain(String(stays.pid))
    await host.run('ip', 'netns', 'del', namespace(owner))
    const again = await run(owner.task)
    expect(again.identity).not.toBe(owner.identity)
    expect(await networks.join(owner.task.id)).toMatchObject({ identity: again.identity })
  })

  it('is refused one that is not there', async () => {
    await expect(networks.join('nobody')).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: expect.stringContaining('nobody'),
    })
  })

  it('loses the links at once when its owner goes, so that the address can be given to another', async () => {
    const net = aNetwork('net', { subnet: '10.77.0.0/24' })
    const places = [{ network: 'net', aliases: [], ipv4: '10.77.0.5' }]
    const owner = await run(aTask('vpn', 1, { networks: [net], container: { networks: places } }))
    const other = await run(aTask('db', 1, { networks: [net] }))
    await networks.join(owner.task.id)
    const stays = host.start('ip', 'netns', 'exec', namespace(owner), 'sleep', '60')
    await expect.poll(() => host.run('ip', 'netns', 'pids', namespace(owner))).toContain(String(stays.pid))
    await networks.detach(owner.task.id)

    const next = await serving(aTask('vpn', 2, { networks: [net], container: { networks: places } }))
    expect(await inside(other.netns, ...fetch('10.77.0.5', 80))).toBe('vpn.2')
    expect(await host.run('nsenter', `--net=/proc/${stays.pid}/ns/net`, 'ip', '-br', 'link')).not.toContain(
      'eth0',
    )
    await networks.publish([next, other].map(endpoint))
  })
})

describe('the files of a task', () => {
  it('have what the stack file adds to names and resolver', async () => {
    const extraHosts = [
      { name: 'db', address: '10.0.0.5' },
      { name: 'host', address: 'host-gateway' },
    ]
    const dns = { search: ['example.com', 'example.org'], options: ['ndots:2', 'use-vc'] }
    const container = { hostname: 'front', domainname: 'example.com', extraHosts, dns }
    const { hosts, resolvConf } = await run(aTask('web', 1, { container }))
    const names = await readFile(hosts, 'utf8')
    for (const line of ['10.210.0.2\tfront.example.com front\n', '10.0.0.5\tdb\n', '10.210.0.1\thost\n']) {
      expect(names).toContain(line)
    }
    expect(await readFile(resolvConf, 'utf8')).toBe(
      'nameserver 10.210.0.1\nsearch example.com example.org\noptions ndots:2 use-vc\n',
    )
  })

  it('in the network of the host are those of the host, with what the stack file adds', async () => {
    const extraHosts = [{ name: 'host', address: 'host-gateway' }]
    const container = { networkMode: 'host' as const, extraHosts, dns: { search: ['example.com'] } }
    const { hosts, resolvConf } = await run(aTask('web', 1, { networks: [], container }))
    expect(await readFile(hosts, 'utf8')).toBe(
      `${(await readFile('/etc/hosts', 'utf8')).trimEnd()}\n127.0.0.1\thost\n`,
    )
    expect(await readFile(resolvConf, 'utf8')).toMatch(/search example\.com\n/)
  })
})
