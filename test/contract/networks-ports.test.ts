import { once } from 'node:events'
import { mkdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PublishedPort } from '../../schemas/network.ts'
import { HOST_ADDRESS } from '../support/netns.ts'
import {
  aNetwork,
  aTask,
  endpoint,
  fetch,
  host,
  inside,
  journaled,
  namespace,
  networks,
  paths,
  port,
  type Running,
  range,
  reopen,
  resolver,
  run,
  serving,
  table,
  useNetworkHost,
} from '../support/network-host.ts'

useNetworkHost()

describe('a published port', () => {
  it('on what is no address is refused by name, and those of others are published', async () => {
    const bad = await journaled(aTask('bad', 1, { ports: [{ ...port(8081, 80), hostIp: 'localhost' }] }))
    await expect(networks.attach(bad)).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: expect.stringContaining('"localhost"'),
    })
    const web = await serving(aTask('web', 1, { ports: [port(8080, 80)] }))
    await networks.publish([endpoint(web), { task: bad, addresses: { shop_default: '10.210.0.9' } }])
    expect(await host.outside(...fetch(HOST_ADDRESS, 8080))).toBe('web.1')
  })

  it('on an address of a family that the task does not have is refused', async () => {
    const ports = [{ ...port(8081, 80), hostIp: '2001:db8::1' }]
    await expect(networks.attach(await journaled(aTask('web', 1, { ports })))).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: 'Port [2001:db8::1]:8081->80/tcp is on an IPv6 address, and no network of the task has IPv6.',
    })
  })

  it('is published on IPv6 too where the network has it, but not on ::1, which the kernel leads nowhere', async () => {
    await host.ip([
      'addr add 2001:db8::1/64 dev outside nodad',
      '-n outside addr add 2001:db8::2/64 dev eth0 nodad',
    ])
    const six = [aNetwork('six', { ipv6: true, subnet6: 'fd00:1::/64' })]
    const ports = [port(8080, 80), { ...port(8081, 80), hostIp: '2001:db8::1' }]
    const web = await serving(aTask('web', 1, { networks: six, ports }))
    await networks.publish([web].map(endpoint))
    expect(await host.outside(...fetch('[2001:db8::1]', 8080))).toBe('web.1')
    expect(await host.outside(...fetch('[2001:db8::1]', 8081))).toBe('web.1')
    expect(await host.outside(...fetch(HOST_ADDRESS, 8080))).toBe('web.1')
    await expect(host.outside(...fetch(HOST_ADDRESS, 8081))).rejects.toThrow()
    // localhost is ::1 first: it must be refused at once for a client to go on to 127.0.0.1
    expect(await host.run(...fetch('localhost', 8080))).toBe('web.1')
    const wanted = ['8080->80/tcp', '[2001:db8::1]:8081->80/tcp']
    expect(await networks.forwardings()).toEqual(new Map([[web.task.id, wanted]]))

    const rules = await host.run('nft', '-a', 'list', 'chain', 'inet', table(), 'ports')
    const handle = /dport 8080 dnat ip6 .*# handle (\d+)/.exec(rules)?.[1] ?? ''
    await host.run('nft', 'delete', 'rule', 'inet', table(), 'ports', 'handle', handle)
    await networks.forwardings()
    expect(await host.outside(...fetch('[2001:db8::1]', 8080))).toBe('web.1')
  })

  it('that is left open is picked, kept by the task, and shared by the service', async () => {
    const ports: PublishedPort[] = [{ ...port(8000, 80), publishedEnd: 8003 }, port(0, 81)]
    const listener = host.start('busybox', 'nc', '-l', '-p', '8000')
    await once(listener, 'spawn')
    await expect.poll(() => host.run('cat', '/proc/net/tcp6', '/proc/net/tcp')).toMatch(/:1F40 \S+ 0A/)
    const web = await serving(aTask('web', 1, { ports }))
    const other = await run(aTask('other', 1, { ports }))
    expect(web.ports).toMatchObject([{ published: 8001, target: 80 }, { target: 81 }])
    expect(other.ports).toMatchObject([{ published: 8002, target: 80 }, { target: 81 }])
    const [one, two] = [web, other].map((task) => task.ports[1]?.published ?? 0)
    expect(one).toBeGreaterThanOrEqual(32_768)
    expect(two).not.toBe(one)

    await networks.publish([web, other].map(endpoint))
    expect(await host.outside(...fetch(HOST_ADDRESS, 8001))).toBe('web.1')
    expect((await networks.forwardings()).get(web.task.id)).toEqual(['8001->80/tcp', `${one}->81/tcp`].sort())
    await networks.close()
    await reopen()
    expect((await networks.attach(web.task)).ports).toEqual(web.ports)
    expect((await run(aTask('web', 2, { ports }))).ports).toEqual(web.ports)
  })

  it("with `mode: host` is one task's alone; the task that replaces it has the same", async () => {
    const mode = 'host' as const
    const fixed = { ports: [{ ...port(8080, 80), mode }] }
    const web = await serving(aTask('web', 1, fixed))
    const second = await journaled(aTask('web', 2, fixed))
    await expect(networks.attach(second)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: 'Port 8080/tcp is held by shop/web.1: with mode: host each task has its port to itself.',
    })
    const next = { ...aTask('web', 1, fixed), id: 'shop-web-1-next' }
    await expect(run(next)).resolves.toMatchObject({ ports: [{ published: 8080 }] })

    const open = { ports: [{ ...port(9000, 80), publishedEnd: 9001, mode }] }
    const two = [await serving(aTask('api', 1, open)), await serving(aTask('api', 2, open))]
    await networks.publish([web, ...two].map(endpoint))
    for (const _ of range(3)) expect(await host.outside(...fetch(HOST_ADDRESS, 9001))).toBe('api.2')
  })

  it('by udp leads on to a task that serves when the one before has left', async () => {
    const two = await twoResolvers()
    await expect(asked()).rejects.toThrow() // nobody serves; the kernel remembers the flow all the same
    for (const [index, task] of [...two, ...two].entries()) {
      await networks.publish([endpoint(task)])
      expect(await asked()).toBe(`198.51.100.${(index % 2) + 1}`)
    }
  })

  it('by udp leads on when that could not be put in force at first', async () => {
    const [one, two] = await twoResolvers()
    await networks.publish([endpoint(one)])
    expect(await asked()).toBe('198.51.100.1')
    const rules = join(paths.run, 'rules.nft')
    await rm(rules)
    await mkdir(rules)
    await expect(networks.publish([endpoint(two)])).rejects.toThrow('EISDIR')
    await rmdir(rules)
    await networks.publish([endpoint(two)])
    expect(await asked()).toBe('198.51.100.2')
  })
})

/** Two tasks behind one port of udp, each with an answer of its own. */
async function twoResolvers(): Promise<[Running, Running]> {
  const ports: PublishedPort[] = [{ ...port(5300, 53), protocol: 'udp' }]
  const two: [Running, Running] = [
    await run(aTask('dns', 1, { ports })),
    await run(aTask('dns', 2, { ports })),
  ]
  for (const [index, task] of two.entries()) {
    const said = resolver('who.test', `198.51.100.${index + 1}`)
    host.start('ip', 'netns', 'exec', namespace(task), ...said)
    await expect.poll(() => inside(task.netns, 'cat', '/proc/net/udp')).toMatch(/:0035 /)
  }
  return two
}

/** One socket, so one flow: from the same port all the time. */
function asked(): Promise<string> {
  return host.outside(...digFromOnePort('who.test', 5300))
}

/** Asks for the address of a name from the port 40001. */
function digFromOnePort(name: string, at: number): string[] {
  const labels = name.split('.').flatMap((label) => [String.fromCharCode(label.length), label])
  const question = `\\x00\\x07\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00${labels.join('')}\\x00\\x00\\x01\\x00\\x01`
  const script = `use IO::Socket::INET; $SIG{ALRM} = sub { die "no answer" };
    my $s = IO::Socket::INET->new(Proto => "udp", LocalPort => 40001, PeerAddr => "${HOST_ADDRESS}", PeerPort => ${at});
    $s->send("${question}"); alarm 1; defined $s->recv(my $b, 512) or die "refused";
    print join(".", unpack("C4", substr($b, -4)));`
  return ['perl', '-e', script]
}
