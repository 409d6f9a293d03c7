import { appendFile, readdir, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NEIGHBOUR_ADDRESS } from '../support/netns.ts'
import {
  addressOf,
  aNetwork,
  ask,
  aTask,
  endpoint,
  fetch,
  host,
  inside,
  nameServerPid,
  networks,
  paths,
  type Running,
  range,
  reopen,
  resolver,
  run,
  serve,
  serving,
  useNetworkHost,
} from '../support/network-host.ts'

useNetworkHost()

describe('names', () => {
  it('tell tasks apart by slot, and an address is called what its task is', async () => {
    const tasks = [await run(aTask('web', 1)), await run(aTask('web', 2))]
    const [one, two] = tasks.map(({ addresses }) => addresses.shop_default ?? '')
    await networks.publish(tasks.map(endpoint))
    const [first] = tasks
    if (!first) throw new Error('no task')
    await expect.poll(() => addressOf(first, 'web.2')).toEqual([two])
    await expect.poll(async () => (await addressOf(first, 'tasks.web')).sort()).toEqual([one, two])
    await expect.poll(() => ask(first, two ?? '')).toContain('name = web.2')
  })

  it('have the addresses of both families where the network has them', async () => {
    const six = aNetwork('six', { ipv6: true, subnet6: 'fd00:1::/64' })
    const [web, db] = [aTask('web', 1, { networks: [six] }), aTask('db', 1, { networks: [six] })]
    const [one, two] = [await run(web), await run(db)]
    await networks.publish([one, two].map(endpoint))
    await expect.poll(() => ask(one, 'db', '-type=aaaa')).toContain('Address: fd00:1::3')
    await expect.poll(() => addressOf(one, 'db')).toEqual([two.addresses.six])
    expect(await ask(one, 'fd00:1::3')).toContain('name = db.1')
  })

  it('of a service that does not serve are asked of nobody, and what lies below an alias is', async () => {
    await resolveAtNeighbour('#')
    const web = await run(aTask('web', 1))
    const db = await run(aTask('db', 1, { aliases: ['db.example.test'] }))
    await networks.publish([endpoint(web)])
    for (const name of ['db', 'tasks.db', 'db.1', 'db.example.test']) {
      await expect.poll(() => ask(web, name)).toContain("can't find")
    }
    await expect.poll(() => ask(web, db.addresses.shop_default ?? '')).toContain("can't find")
    for (const name of ['example.test', 'www.db.example.test']) {
      await expect.poll(() => addressOf(web, name)).toEqual(['198.51.100.7'])
    }
    await networks.publish([web, db].map(endpoint))
    await expect.poll(() => addressOf(web, 'db.example.test')).toEqual([db.addresses.shop_default])
  })

  it('change without a line in the journal of the host, and without a log that grows', async () => {
    const web = await run(aTask('web', 1))
    await networks.publish([endpoint(web)])
    const [log = ''] = (await readdir(join(paths.run, 'dns'))).filter((name) => name.endsWith('.log'))
    const file = join(paths.run, 'dns', log)
    const pid = await nameServerPid()
    const open = await Promise.all(
      (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`)),
    )
    expect(open).toContain(file) // its journal, then, is this
    await appendFile(file, 'x'.repeat(100_000))
    await networks.publish([])
    await expect.poll(() => ask(web, 'web')).toContain("can't find")
    expect((await stat(file)).size).toBeLessThan(10_000)
    expect(await nameServerPid()).toBe(pid)
  })

  it('are asked of the resolvers that the host has by then, of which the name server itself is none', async () => {
    await resolveAtNeighbour('example.test', ['192.0.2.99'])
    const web = await run(aTask('web', 1))
    await setResolvers(['10.210.0.1', NEIGHBOUR_ADDRESS])
    await expect.poll(() => addressOf(web, 'example.test')).toEqual(['198.51.100.7'])
    await expect.poll(() => ask(web, 'nowhere.test')).toContain("can't find")
  })
})

describe('the virtual IP of a service', () => {
  const virtual = { container: { endpointMode: 'vip' as const } }

  it('leads to its tasks that serve, from its network and the host', async () => {
    const two = [await serving(aTask('web', 1, virtual)), await serving(aTask('web', 2, virtual))]
    const other = await run(aTask('other', 1))
    await networks.publish([...two, other].map(endpoint))

    const [vip, ...more] = await known(other, 'web')
    expect(more).toEqual([])
    expect(two.map(({ addresses }) => addresses.shop_default)).not.toContain(vip)
    await expect.poll(() => addressOf(other, 'tasks.web')).toHaveLength(2)
    const answers = new Set<string>()
    await expect
      .poll(async () => answers.add(await inside(other.netns, ...fetch(vip, 80))))
      .toEqual(new Set(['web.1', 'web.2']))

    await networks.publish([...two.slice(1), other].map(endpoint))
    await expect.poll(() => addressOf(other, 'web')).toEqual([vip])
    for (const _ of range(4)) expect(await inside(other.netns, ...fetch(vip, 80))).toBe('web.2')
    expect(await inside(two[1]?.netns ?? null, ...fetch(vip, 80))).toBe('web.2')
    expect(await host.run(...fetch(vip, 80))).toBe('web.2')
  })

  it('is there for IPv6 too', async () => {
    const networksOf = [aNetwork('six', { ipv4: false, ipv6: true, subnet6: 'fd00:1::/64' })]
    const web = await serving(aTask('web', 1, { networks: networksOf, ...virtual }))
    const other = await run(aTask('other', 1, { networks: networksOf }))
    await networks.publish([web, other].map(endpoint))
    await expect.poll(() => ask(other, 'web', '-type=aaaa')).toContain('fd00:1::3')
    expect(web.addresses6).toEqual({ six: 'fd00:1::2' })
    expect(await inside(other.netns, ...fetch('[fd00:1::3]', 80))).toBe('web.1')
    expect(await host.run(...fetch('[fd00:1::3]', 80))).toBe('web.1')
  })

  it('is refused when none serves, whatever listens on the host', async () => {
    await serve([...host.prefix], '80', 'host')
    const [web, other] = [await serving(aTask('web', 1, virtual)), await run(aTask('other', 1))]
    await networks.publish([web, other].map(endpoint))
    const [vip] = await known(other, 'web')
    expect(await inside(other.netns, ...fetch(vip, 80))).toBe('web.1')
    await networks.publish([other].map(endpoint))
    await expect.poll(() => addressOf(other, 'web')).toEqual([])
    await expect(inside(other.netns, ...fetch(vip, 80))).rejects.toThrow()
  })

  it('is there for no other network, and goes with the last task', async () => {
    const web = await serving(aTask('web', 1, virtual))
    const stranger = await run(aTask('stranger', 1, { networks: [aNetwork('b')] }))
    const neighbour = await run(aTask('neighbour', 1))
    await networks.publish([web, stranger, neighbour].map(endpoint))
    const [vip] = await known(neighbour, 'web')
    await expect(inside(stranger.netns, ...fetch(vip, 80))).rejects.toThrow()
    await expect(host.outside(...fetch(vip, 80))).rejects.toThrow()

    expect(await host.run('ip', '-4', 'addr')).toContain(`${vip}/32`)
    await networks.detach(web.task.id)
    expect(await host.run('ip', '-4', 'addr')).not.toContain(`${vip}/32`)
  })

  it('stays the same for the task that replaces the last one, and over a new agent', async () => {
    const web = await serving(aTask('web', 1, virtual))
    await networks.publish([endpoint(web)])
    const before = await known(web, 'web')
    await networks.close()
    await reopen()
    const next = await serving({ ...aTask('web', 1, virtual), id: 'shop-web-next' })
    expect(await inside(next.netns, ...fetch(before[0], 80))).toBe('web.1')
    await networks.detach(web.task.id)
    await networks.publish([endpoint(next)])
    await expect.poll(() => addressOf(next, 'web')).toEqual(before)
    expect(await inside(next.netns, ...fetch(before[0], 80))).toBe('web.1')
  })
})

/** Lets the host ask its neighbour, who knows one name, or any with `#`. Changes /etc as editors do. */
async function resolveAtNeighbour(name: string, servers = [NEIGHBOUR_ADDRESS]): Promise<void> {
  const [upper, work] = ['/run/etc', '/run/etc-work']
  await host.run('mkdir', upper, work)
  const layers = `lowerdir=/etc,upperdir=${upper},workdir=${work}`
  await host.run('mount', '-t', 'overlay', 'overlay', '-o', layers, '/etc')
  await setResolvers(servers)
  host.start('ip', 'netns', 'exec', 'outside', ...resolver(name, '198.51.100.7'))
  await expect.poll(() => host.outside('cat', '/proc/net/udp')).toMatch(/:0035 /)
}

async function setResolvers(servers: string[]): Promise<void> {
  const file = join(host.folder, 'resolv.conf')
  await writeFile(file, servers.map((server) => `nameserver ${server}\n`).join(''))
  await host.run('cp', file, '/etc/resolv.conf.new')
  await host.run('mv', '/etc/resolv.conf.new', '/etc/resolv.conf')
}

/** What a name leads to, once it leads anywhere. */
async function known(from: Running, name: string): Promise<string[]> {
  await expect.poll(() => addressOf(from, name)).not.toEqual([])
  return addressOf(from, name)
}
