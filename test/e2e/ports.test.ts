import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOST_ADDRESS, startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { appService, compose, isConverged, stackOf, tasksOf } from '../support/stacks.ts'

let host: TestHost
const started: ChildProcess[] = []

/** perl of the machine, for what busybox has no program for. */
const PERL = 'volumes: ["/usr:/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro"]'

/** Says who it is to every packet. */
const UDP = `use IO::Socket::INET; use Sys::Hostname; $| = 1;
my $s = IO::Socket::INET->new(Proto => "udp", LocalPort => 53) or die $!;
while (defined $s->recv(my $b, 99)) { $s->send(hostname()) }`

/** Says who it is to every line, and does not mind the stop signal. */
const TCP = `use IO::Socket::INET; use Sys::Hostname; $SIG{TERM} = "IGNORE"; $SIG{CHLD} = "IGNORE";
my $l = IO::Socket::INET->new(LocalPort => 80, Listen => 9, ReuseAddr => 1) or die $!;
while (my $c = $l->accept) { next if fork; $c->autoflush(1); while (<$c>) { print $c hostname(), "\\n" } exit }`

const perl = (name: string, script: string, ports: string, replicas: number) => `  ${name}:
    image: ${TEST_IMAGE}
    command: [/usr/bin/perl, -e, ${JSON.stringify(script.replaceAll('$', '$$$$').replaceAll('\n', ' '))}]
    ${PERL}
    ports: [${ports}]
    stop_grace_period: 4s
    deploy: {replicas: ${replicas}}
`

const files = (replicas: number, message = 'one') => ({
  'web/compose.yaml': compose(
    appService('app', {
      message,
      port: 8080,
      replicas: 2,
      deploy: ['update_config: {order: start-first, monitor: 0s}'],
    }),
    appService('open', { lines: ['ports: ["8080", "8200-8209:8080"]'] }),
    appService('own', {
      replicas: 2,
      lines: ['ports: [{target: 8080, published: "8300-8301", mode: host}]'],
    }),
    perl('udp', UDP, '"5300:53/udp"', replicas),
    perl('tcp', TCP, '"8400:80"', replicas),
  ),
})

beforeAll(async () => {
  host = await startHost({ files: files(2) })
  await host.until(isConverged())
})
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL')
  await host?.destroy()
})

const service = async (name: string) => {
  const found = stackOf(await host.status()).services.find((one) => one.name === name)
  if (!found) throw new Error(`no service ${name}`)
  return found
}

/** A program of the host, and what it says line by line. */
function converse(...argv: string[]) {
  const [command = '', ...args] = host.enter(argv)
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async ask(): Promise<string | undefined> {
      child.stdin.write('who\n')
      return (await lines.next()).value
    },
  }
}

/** Each line is a packet from one port. */
const UDP_CLIENT = `use IO::Socket::INET; $| = 1;
my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "${HOST_ADDRESS}", PeerPort => 5300);
while (<STDIN>) { my $b; $s->send($_); local $SIG{ALRM} = sub { die }; alarm 2;
  my $ok = eval { defined $s->recv($b, 99) and print "$b\\n"; }; alarm 0; print "nothing\\n" unless $ok }`

describe('a published port', () => {
  it('is reached from outside, from the host by localhost, and from a container by the host’s address', async () => {
    expect((await host.http(8080)).body).toBe('one\n')
    expect(await host.run('curl', '-s', 'http://127.0.0.1:8080/')).toBe('one\n')
    expect(await host.run('curl', '-s', 'http://localhost:8080/')).toBe('one\n')
    const pid = tasksOf(await host.status())[0]?.pid
    const inside = ['nsenter', `--target=${pid}`, '--net', '--mount', '--', '/bin/wget', '-qO-']
    expect(await host.run(...inside, `http://${HOST_ADDRESS}:8080/`)).toBe('one\n')
  })

  it('that the file leaves open is picked, shown, and kept by the task over restarts', async () => {
    const { ports, tasks } = await service('open')
    expect(ports).toEqual([expect.stringMatching(/^\d{5}->8080\/tcp$/), '8200->8080/tcp'])
    const picked = Number.parseInt(ports[0] ?? '', 10)
    expect((await host.http(picked)).body).toBe('one\n')
    expect(await host.run('nft', 'list', 'ruleset')).toContain(`tcp dport ${picked} dnat ip to`)

    process.kill(tasks[0]?.pid ?? 0, 'SIGKILL')
    await host.until((now) =>
      tasksOf(now).some(
        ({ id, restarts, health }) => id === tasks[0]?.id && restarts === 1 && health === 'healthy',
      ),
    )
    expect((await service('open')).ports).toEqual(ports)
    expect((await host.untilHttp(picked)).body).toBe('one\n')
  })

  it('with `mode: host` belongs to one task', async () => {
    const { tasks } = await service('own')
    expect(tasks.flatMap(({ ports }) => ports).sort()).toEqual(['8300->8080/tcp', '8301->8080/tcp'])
    for (const { slot, ports } of [...tasks, ...tasks]) {
      const published = Number.parseInt(ports[0] ?? '', 10)
      expect((await host.http(published, '/hostname')).body).toBe(`own-${slot}\n`)
    }
  })

  it('that a process of the host has is refused with its name, and taken once it is free', async () => {
    const other = converse('busybox', 'nc', '-l', '-p', '8500').child
    await expect.poll(() => host.run('cat', '/proc/net/tcp', '/proc/net/tcp6')).toMatch(/:2134 \S+ 0A/)
    const before = await host.run('ip', '-br', 'link')
    await host.commit({ 'late/compose.yaml': compose(appService('late', { port: 8500 })) })
    const refused = await host.until((now) =>
      now.stacks.some((one) => one.name === 'late' && tasksOf(now, 'late')[0]?.error),
    )
    expect(tasksOf(refused, 'late')[0]?.error).toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(/^Port 8500\/tcp is held by busybox \(pid \d+\)\.$/),
    })
    expect(await host.run('ip', '-br', 'link')).toBe(before)
    other.kill('SIGKILL')
    await once(other, 'exit')
    await host.untilHttp(8500, ({ body }) => body === 'one\n', 30_000)
  })
})

describe('an update', () => {
  it('with start-first refuses no connection', async () => {
    const failures: string[] = []
    const seen = new Set<string>()
    let isOver = false
    const client = async () => {
      while (!isOver) {
        await host.http(8080).then(
          ({ body }) => seen.add(body),
          (error) => failures.push(String(error)),
        )
      }
    }
    const clients = [client(), client(), client()]
    const revision = await host.commit(files(2, 'two'))
    await host.until(isConverged(revision), 60_000)
    isOver = true
    await Promise.all(clients)
    expect(failures).toEqual([])
    expect(seen).toEqual(new Set(['one\n', 'two\n']))
  })
})

describe('a task that leaves', () => {
  it('gets no new connection; the ones that it has live on, and UDP goes elsewhere', async () => {
    const connections = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const one = converse('busybox', 'nc', HOST_ADDRESS, '8400')
        return { ...one, who: await one.ask() }
      }),
    )
    const packets = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const one = converse('perl', '-e', UDP_CLIENT)
        return { ...one, who: await one.ask() }
      }),
    )
    for (const talks of [connections, packets]) {
      expect(new Set(talks.map(({ who }) => who?.slice(-2)))).toEqual(new Set(['-1', '-2']))
    }
    await host.commit(files(1, 'two'))
    const isLed = async () =>
      /dport 8400 dnat ip to numgen random mod 2 /.test(await host.run('nft', 'list', 'ruleset'))
    await expect.poll(isLed, { timeout: 20_000 }).toBe(false)

    // In its grace period, as it does not mind the signal.
    const leaving = connections.find(({ who }) => who === 'tcp-2')
    expect(await leaving?.ask()).toBe('tcp-2')
    for (let n = 0; n < 4; n++)
      expect(await converse('busybox', 'nc', HOST_ADDRESS, '8400').ask()).toBe('tcp-1')
    for (const one of packets) await expect.poll(one.ask, { timeout: 10_000 }).toBe('udp-1')
    await host.until((now) => stackOf(now).services.find(({ name }) => name === 'tcp')?.tasks.length === 1)
    expect(await leaving?.ask()).toBeUndefined()
  })
})
