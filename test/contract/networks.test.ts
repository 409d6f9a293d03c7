import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PublishedPort } from '../../schemas/network.ts'
import { HOST_ADDRESS, NEIGHBOUR_ADDRESS } from '../support/netns.ts'
import {
  addressOf,
  alive,
  aNetwork,
  aTask,
  bridge,
  endpoint,
  fetch,
  host,
  inside,
  journaled,
  nameServerPid,
  namespace,
  networks,
  paths,
  port,
  range,
  reopen,
  resolver,
  run,
  serve,
  serveOutside,
  serving,
  table,
  traces,
  useNetworkHost,
} from '../support/network-host.ts'

useNetworkHost()

describe('a task', () => {
  it('gets a namespace with an address, a default route and a loopback', async () => {
    const task = await journaled(aTask('web', 1))
    const { netns, addresses } = await networks.attach(task)

    expect(netns).toMatch(/^\/run\/netns\//)
    expect(addresses).toEqual({ shop_default: '10.210.0.2' })
    expect(await inside(netns, 'ip', '-br', '-4', 'addr')).toMatch(
      /lo .*127\.0\.0\.1[\s\S]*eth0@\S+ +UP +10\.210\.0\.2\/24/,
    )
    expect(await inside(netns, 'ip', 'route')).toContain('default via 10.210.0.1 dev eth0')
    expect(await networks.addressesOf(task.id)).toEqual(['shop_default=10.210.0.2'])
  })

  it('keeps its address when it is attached again, and over a new agent', async () => {
    const [one, two] = [await journaled(aTask('web', 1)), await journaled(aTask('web', 2))]
    const first = await networks.attach(one)
    expect(await networks.attach(one)).toEqual(first)
    await networks.close()
    await reopen()

    const second = await networks.attach(two)
    expect(second.addresses).toEqual({ shop_default: '10.210.0.3' })
    expect(await networks.attach(one)).toEqual(first)
    expect(await networks.addressesOf(one.id)).toEqual(['shop_default=10.210.0.2'])
  })

  it('that an agent began and was killed over gets its addresses from the next one', async () => {
    const task = await journaled(aTask('web', 1))
    const first = await networks.attach(task)
    await inside(first.netns, 'ip', 'addr', 'flush', 'dev', 'eth0')
    await inside(first.netns, 'ip', 'addr', 'add', '10.210.0.77/24', 'dev', 'eth0')
    await inside(first.netns, 'ip', 'link', 'set', 'eth0', 'down')
    await networks.close()
    await reopen()

    expect(await networks.attach(task)).toEqual(first)
    expect(await networks.addressesOf(task.id)).toEqual(['shop_default=10.210.0.2'])
    expect(await inside(first.netns, 'ip', 'route')).toContain('default via 10.210.0.1 dev eth0')
  })

  it('shares an address with nobody when twenty come at once', async () => {
    const tasks = await Promise.all(range(20).map((slot) => journaled(aTask('web', slot))))
    const attached = await Promise.all(tasks.map((task) => networks.attach(task)))

    const addresses = attached.map((attachment) => attachment.addresses.shop_default)
    expect(new Set(addresses).size).toBe(20)
    const found = await Promise.all(tasks.map((task) => networks.addressesOf(task.id)))
    expect(found).toEqual(addresses.map((address) => [`shop_default=${address}`]))
  })

  it('without networks has a loopback alone', async () => {
    const task = await journaled(aTask('job', 1, { networks: [] }))
    const { netns, addresses } = await networks.attach(task)

    expect(addresses).toEqual({})
    const links = await inside(netns, 'ip', '-br', 'link')
    expect(
      links
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['lo'])
  })

  it('in the network of the host uses the host', async () => {
    const task = await journaled(aTask('probe', 1, { networks: [], container: { networkMode: 'host' } }))
    const attachment = await networks.attach(task)
    expect(attachment).toMatchObject({ netns: null, addresses: {} })
    expect(await readFile(attachment.hosts, 'utf8')).toBe(await readFile('/etc/hosts', 'utf8'))
  })

  it('finds its own name and its name server in its files', async () => {
    const task = await journaled(aTask('web', 1, { container: { hostname: 'front' } }))
    const { hosts, resolvConf } = await networks.attach(task)
    expect(await readFile(hosts, 'utf8')).toContain('10.210.0.2\tfront\n')
    expect(await readFile(resolvConf, 'utf8')).toContain('nameserver 10.210.0.1\n')
  })
})

describe('names', () => {
  it('lead to the tasks that are published, by service, alias and tasks.<service>', async () => {
    const [web, db] = [await run(aTask('web', 1)), await run(aTask('db', 1, { aliases: ['store'] }))]
    await networks.publish([web, db].map(endpoint))
    for (const name of ['db', 'store', 'tasks.db']) {
      await expect.poll(() => addressOf(web, name)).toEqual([db.addresses.shop_default])
    }

    await networks.publish([endpoint(web)])
    await expect.poll(() => addressOf(web, 'db')).toEqual([])
  })

  it('are seen in all networks of a task and in no other', async () => {
    const [front, back] = [aNetwork('front'), aNetwork('back', { internal: true })]
    const proxy = await run(aTask('proxy', 1, { networks: [front, back] }))
    const web = await run(aTask('web', 1, { networks: [front] }))
    const db = await run(aTask('db', 1, { networks: [back] }))
    await networks.publish([proxy, web, db].map(endpoint))

    await expect.poll(() => addressOf(proxy, 'web')).toEqual([web.addresses.front])
    await expect.poll(() => addressOf(proxy, 'db')).toEqual([db.addresses.back])
    await expect.poll(() => addressOf(web, 'proxy')).toEqual([proxy.addresses.front])
    await expect.poll(() => addressOf(web, 'db')).toEqual([])
  })

  it("that are not the stack's are asked of the resolvers of the host, but from an internal network", async () => {
    const conf = join(host.folder, 'resolv.conf')
    await writeFile(conf, `nameserver ${NEIGHBOUR_ADDRESS}\n`)
    await host.run('mount', '--bind', conf, '/etc/resolv.conf')
    host.start('ip', 'netns', 'exec', 'outside', ...resolver('example.test', '198.51.100.7'))
    await expect.poll(() => host.outside('cat', '/proc/net/udp')).toMatch(/:0035 /)
    const web = await run(aTask('web', 1))
    const db = await run(aTask('db', 1, { networks: [aNetwork('back', { internal: true })] }))

    await expect.poll(() => addressOf(web, 'example.test')).toEqual(['198.51.100.7'])
    await expect.poll(() => addressOf(db, 'example.test')).toEqual([])
  })

  it('are answered by the same name server after the agent was replaced, and by a new one when it was killed', async () => {
    const [web, db] = [await run(aTask('web', 1)), await run(aTask('db', 1))]
    await networks.publish([web, db].map(endpoint))
    const pid = await nameServerPid()
    await networks.close()

    await reopen()
    await networks.publish([web, db].map(endpoint))
    expect(await nameServerPid()).toBe(pid)

    process.kill(Number(pid), 'SIGKILL')
    await expect.poll(() => alive(Number(pid))).toBe(false)
    await networks.publish([web, db].map(endpoint))
    await expect.poll(() => addressOf(web, 'db')).toEqual([db.addresses.shop_default])
  })
})

describe('a published port', () => {
  it('answers outside, on the host by localhost, and to a neighbour of the task', async () => {
    const web = await serving(aTask('web', 1, { ports: [port(8080, 80)] }))
    const other = await run(aTask('other', 1))
    await networks.publish([web, other].map(endpoint))

    expect(await host.outside(...fetch(HOST_ADDRESS, 8080))).toBe('web.1')
    expect(await host.run(...fetch('127.0.0.1', 8080))).toBe('web.1')
    expect(await inside(other.netns, ...fetch('10.210.0.1', 8080))).toBe('web.1')
    expect(await inside(web.netns, ...fetch(HOST_ADDRESS, 8080))).toBe('web.1')
    expect(await networks.forwardings()).toEqual(new Map([[web.task.id, ['8080->80/tcp']]]))
  })

  it('can be udp, even 53: tasks still ask their own name server', async () => {
    const ports: PublishedPort[] = [
      { ...port(53, 53), protocol: 'udp', hostIp: '0.0.0.0' },
      { ...port(53, 53), hostIp: HOST_ADDRESS },
    ]
    const web = await run(aTask('web', 1))
    const dns = await run(aTask('dns', 1, { ports }))
    await networks.publish([web, dns].map(endpoint))
    const wanted = ['0.0.0.0:53->53/udp', '192.0.2.1:53->53/tcp']
    expect(await networks.forwardings()).toEqual(new Map([[dns.task.id, wanted]]))

    host.start('ip', 'netns', 'exec', namespace(dns), ...resolver('answer.test', '198.51.100.9'))
    await expect.poll(() => inside(dns.netns, 'cat', '/proc/net/udp')).toMatch(/:0035 /)
    const ask = ['busybox', 'nslookup', '-type=a', 'answer.test', HOST_ADDRESS]
    expect(await host.outside(...ask)).toContain('198.51.100.9')
    await expect.poll(() => addressOf(web, 'answer.test')).toEqual([])
    await expect.poll(() => addressOf(web, 'dns')).toEqual([dns.addresses.shop_default])
  })

  it('is spread over the tasks of the service', async () => {
    const ports = [port(8080, 80)]
    const two = [await serving(aTask('web', 1, { ports })), await serving(aTask('web', 2, { ports }))]
    await networks.publish(two.map(endpoint))

    const answers = new Set<string>()
    await expect
      .poll(async () => answers.add(await host.outside(...fetch(HOST_ADDRESS, 8080))))
      .toEqual(new Set(['web.1', 'web.2']))
    await networks.publish(two.slice(1).map(endpoint))
    for (const _ of range(4)) expect(await host.outside(...fetch(HOST_ADDRESS, 8080))).toBe('web.2')
  })

  it('answers only on the address it names', async () => {
    const web = await serving(aTask('web', 1, { ports: [{ ...port(8080, 80), hostIp: '127.0.0.1' }] }))
    await networks.publish([endpoint(web)])

    expect(await host.run(...fetch('127.0.0.1', 8080))).toBe('web.1')
    await expect(host.outside(...fetch(HOST_ADDRESS, 8080))).rejects.toThrow()
    expect(await networks.forwardings()).toEqual(new Map([[web.task.id, ['127.0.0.1:8080->80/tcp']]]))
  })

  it('leads into an internal network too', async () => {
    const internal = aNetwork('back', { internal: true })
    const web = await serving(aTask('web', 1, { networks: [internal], ports: [port(8080, 80)] }))
    await networks.publish([endpoint(web)])
    expect(await host.outside(...fetch(HOST_ADDRESS, 8080))).toBe('web.1')
  })

  it('that a process of the host holds is refused by name, before anything is touched', async () => {
    const listener = host.start('busybox', 'nc', '-l', '-p', '8080')
    await expect.poll(() => host.run('cat', '/proc/net/tcp6', '/proc/net/tcp')).toMatch(/:1F90 \S+ 0A/)
    const task = await journaled(aTask('web', 1, { ports: [port(8080, 80)] }))

    await expect(networks.attach(task)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`pid ${listener.pid}`),
    })
    expect(await host.run('ip', '-br', 'link')).not.toContain(`sp${paths.instance}`)
  })

  it('that a process of the host holds is refused to all tasks of a service that come at once', async () => {
    const listener = host.start('busybox', 'nc', '-l', '-p', '8080')
    await expect.poll(() => host.run('cat', '/proc/net/tcp6', '/proc/net/tcp')).toMatch(/:1F90 \S+ 0A/)
    const tasks = [1, 2, 3].map((slot) => aTask('web', slot, { ports: [port(8080, 80)] }))
    const all = await Promise.allSettled(tasks.map(async (task) => networks.attach(await journaled(task))))
    const refused = {
      reason: { code: 'PORT_IN_USE', message: expect.stringContaining(`pid ${listener.pid}`) },
    }
    expect(all).toMatchObject([refused, refused, refused])
  })

  it('that another service holds is refused by name, also to one that comes at the same time', async () => {
    const ports = [port(8080, 80)]
    const one = await journaled(aTask('web', 1, { ports }))
    const other = await journaled(aTask('shop', 1, { ports }))
    const results = await Promise.allSettled([networks.attach(one), networks.attach(other)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(results[1]).toMatchObject({
      reason: { code: 'PORT_IN_USE', message: expect.stringContaining('shop/web') },
    })

    await networks.detach(one.id)
    await expect(networks.attach(other)).resolves.toMatchObject({ addresses: {} })
  })
})

describe('isolation', () => {
  it('keeps networks apart, and an internal one from everywhere', async () => {
    const [a, b, back] = [aNetwork('a'), aNetwork('b'), aNetwork('back', { internal: true })]
    const one = await serving(aTask('one', 1, { networks: [a] }))
    const two = await serving(aTask('two', 1, { networks: [b] }))
    const three = await serving(aTask('three', 1, { networks: [back] }))
    const four = await run(aTask('four', 1, { networks: [a] }))
    await serveOutside()

    expect(await inside(four.netns, ...fetch(one.addresses.a, 80))).toBe('one.1')
    expect(await inside(four.netns, ...fetch('192.0.2.2', 80))).toBe('outside')
    await expect(inside(four.netns, ...fetch(two.addresses.b, 80))).rejects.toThrow()
    await expect(inside(four.netns, ...fetch(three.addresses.back, 80))).rejects.toThrow()
    await expect(host.outside(...fetch(one.addresses.a, 80))).rejects.toThrow()
    await expect(inside(three.netns, ...fetch('192.0.2.2', 80))).rejects.toThrow()
    // Even with a route put in by hand there is no way out of an internal network.
    await inside(
      three.netns,
      'ip',
      'route',
      'add',
      'default',
      'via',
      three.addresses.back?.replace(/\d+$/, '1') ?? '',
    )
    await expect(inside(three.netns, ...fetch('192.0.2.2', 80))).rejects.toThrow()
  })

  it('keeps tasks from what listens on the loopback of the host', async () => {
    await serve([...host.prefix], '127.0.0.1:9000', 'secret')
    const task = await run(aTask('web', 1))
    await inside(task.netns, 'ip', 'route', 'add', '127.0.0.1/32', 'via', '10.210.0.1').catch(() => '')
    await expect(inside(task.netns, ...fetch('127.0.0.1', 9000))).rejects.toThrow()
  })
})

describe('drift', () => {
  it('in addresses is seen and repaired', async () => {
    const [web, db] = [await serving(aTask('web', 1)), await serving(aTask('db', 1))]
    const wanted = await networks.addressesOf(web.task.id)

    await inside(web.netns, 'ip', 'addr', 'del', `${web.addresses.shop_default}/24`, 'dev', 'eth0')
    expect(await networks.addressesOf(web.task.id)).toEqual([])
    await networks.repair(web.task.id)
    expect(await networks.addressesOf(web.task.id)).toEqual(wanted)

    await inside(web.netns, 'ip', 'link', 'del', 'eth0')
    expect(await networks.addressesOf(web.task.id)).toEqual([])
    await networks.repair(web.task.id)
    expect(await networks.addressesOf(web.task.id)).toEqual(wanted)

    await inside(web.netns, 'ip', 'addr', 'add', '10.99.0.1/24', 'dev', 'eth0')
    expect(await networks.addressesOf(web.task.id)).toEqual(['?=10.99.0.1', ...wanted])
    await networks.repair(web.task.id)
    expect(await networks.addressesOf(web.task.id)).toEqual(wanted)
    expect(await inside(web.netns, ...fetch(db.addresses.shop_default, 80))).toBe('db.1')
  })

  it('in the bridge is seen and repaired', async () => {
    const [web, db] = [await serving(aTask('web', 1)), await serving(aTask('db', 1))]
    await host.run('ip', 'link', 'del', await bridge())
    await networks.repair(web.task.id)
    expect(await networks.addressesOf(web.task.id)).toEqual([`shop_default=${web.addresses.shop_default}`])
    expect(await networks.addressesOf(db.task.id)).toEqual([])
    await networks.repair(db.task.id)
    await networks.publish([web, db].map(endpoint))
    expect(await inside(web.netns, ...fetch(db.addresses.shop_default, 80))).toBe('db.1')
    await expect.poll(() => addressOf(web, 'db')).toEqual([db.addresses.shop_default])
  })

  it('in a published port is seen and put right by the next publish', async () => {
    const web = await serving(aTask('web', 1, { ports: [port(8080, 80)] }))
    const published = [endpoint(web)]
    await networks.publish(published)

    await host.run('nft', 'flush', 'chain', 'inet', table(), 'ports')
    expect(await networks.forwardings()).toEqual(new Map())
    await networks.publish(published)
    expect(await networks.forwardings()).toEqual(new Map([[web.task.id, ['8080->80/tcp']]]))

    await host.run('nft', 'delete', 'table', 'inet', table())
    expect(await networks.forwardings()).toEqual(new Map())
    await networks.publish(published)
    expect(await host.outside(...fetch(HOST_ADDRESS, 8080))).toBe('web.1')
  })

  it('in the rules around the ports is healed when it is looked at', async () => {
    await run(aTask('web', 1))
    const before = await host.run('nft', 'list', 'table', 'inet', table())
    await host.run('nft', 'flush', 'chain', 'inet', table(), 'forward')
    await networks.forwardings()
    expect(await host.run('nft', 'list', 'table', 'inet', table())).toBe(before)
  })
})

describe('a new agent', () => {
  it('leaves published ports in force until it is told what serves', async () => {
    const web = await serving(aTask('web', 1, { ports: [port(8080, 80)] }))
    await networks.publish([endpoint(web)])
    await networks.close()

    await reopen()
    await run(aTask('db', 1, { networks: [aNetwork('new')] }))
    expect(await host.outside(...fetch(HOST_ADDRESS, 8080))).toBe('web.1')
  })

  it('gives a task its address again after a reboot, and replaces what is half there', async () => {
    const [web, db] = [await run(aTask('web', 1)), await run(aTask('db', 1))]
    await networks.close()
    const [pid, device] = [await nameServerPid(), await bridge()]
    process.kill(Number(pid), 'SIGKILL')
    await host.run('ip', 'netns', 'del', namespace(web))
    await host.run('umount', '-l', db.netns ?? '')
    await host.run('ip', 'link', 'del', device)
    await host.run('nft', 'delete', 'table', 'inet', table())
    await rm(paths.run, { recursive: true })

    await reopen()
    await host.run('ip', 'netns', 'add', namespace(web))
    const again = [await run(web.task), await run(db.task)]
    expect(again.map(({ addresses }) => addresses)).toEqual([web.addresses, db.addresses])
    await networks.publish(again.map(endpoint))
    await expect.poll(() => addressOf(web, 'db')).toEqual([db.addresses.shop_default])
    for (const task of again) expect(await networks.addressesOf(task.task.id)).toHaveLength(1)
  })

  it('takes away what belongs to no journaled task', async () => {
    const gone = await run(aTask('web', 1))
    await networks.close()
    await rm(paths.task(gone.task.id), { recursive: true })

    await reopen()
    expect(await host.run('ip', 'netns', 'list')).not.toContain(paths.instance)
    expect(await host.run('ip', '-br', 'link')).not.toContain(`sp${paths.instance}`)
  })

  it('starts with a network file that was cut off', async () => {
    await networks.close()
    await writeFile(join(paths.state, 'networks/0123456789ab.json'), '{"key":')
    await reopen()
    await expect(run(aTask('web', 1))).resolves.toMatchObject({ addresses: { shop_default: '10.210.0.2' } })
  })
})

describe('a network', () => {
  it('goes with its last task', async () => {
    const [one, two] = [await run(aTask('web', 1)), await run(aTask('web', 2))]
    await networks.detach(one.task.id)
    await networks.detach(one.task.id)
    expect(await host.run('ip', '-br', 'link')).toContain(`sp${paths.instance}`)
    await networks.detach(two.task.id)
    expect(await host.run('ip', '-br', 'link')).not.toContain(`sp${paths.instance}`)
    expect((await run(aTask('web', 3))).addresses).toEqual({ shop_default: '10.210.0.2' })
  })

  it('has the subnet it asks for, and avoids what the host routes when it asks for none', async () => {
    await host.ip(['link add d0 type bridge', 'addr add 10.210.0.1/23 dev d0', 'link set d0 up'])
    const picked = await run(aTask('web', 1))
    expect(picked.addresses).toEqual({ shop_default: '10.210.2.2' })
    const asked = await run(aTask('api', 1, { networks: [aNetwork('asked', { subnet: '10.77.0.0/28' })] }))
    expect(asked.addresses).toEqual({ asked: '10.77.0.2' })
    const task = await journaled(aTask('bad', 1, { networks: [aNetwork('bad', { subnet: '192.0.2.0/25' })] }))
    await expect(networks.attach(task)).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: expect.stringContaining('192.0.2.0/24'),
    })
  })

  it('that changes its subnet lets old and new tasks reach each other', async () => {
    const old = await serving(aTask('web', 1, { networks: [aNetwork('net', { subnet: '10.77.0.0/28' })] }))
    const fresh = await run(aTask('web', 2, { networks: [aNetwork('net', { subnet: '10.78.0.0/28' })] }))
    await networks.publish([old, fresh].map(endpoint))
    expect(await inside(fresh.netns, ...fetch(old.addresses.net, 80))).toBe('web.1')
  })
})

describe('removeAll', () => {
  it('leaves the host as it was', async () => {
    const before = await traces()
    const [front, back] = [aNetwork('front'), aNetwork('back', { internal: true })]
    const web = await run(aTask('web', 1, { networks: [front, back], ports: [port(8080, 80)] }))
    await networks.publish([endpoint(web)])
    expect(await traces()).not.toEqual(before)

    await networks.removeAll()
    await expect.poll(traces).toEqual(before)
  })

  it('works on what is left when the files have gone', async () => {
    const before = await traces()
    const web = await run(aTask('web', 1, { ports: [port(8080, 80)] }))
    await networks.publish([endpoint(web)])
    await networks.close()
    await rm(paths.state, { recursive: true })

    await reopen()
    await networks.removeAll()
    await expect.poll(traces).toEqual(before)
  })
})
