import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HistoryDocument, StatusDocument, TaskView } from '../../schemas/status.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { isConverged, stackOf } from '../support/stacks.ts'

const shop = (vpn: string) => `
services:
  web:
    image: ${TEST_IMAGE}
    deploy: &quick {update_config: {monitor: 200ms}}
    hostname: front
    domainname: example.com
    extra_hosts: ["legacy:192.0.2.7", "me:host-gateway"]
    dns_search: [example.com]
    dns_opt: ["ndots:2"]
    sysctls: {net.core.somaxconn: 1234, kernel.msgmax: 4096}
    networks:
      front: {ipv4_address: 10.77.0.5, mac_address: "02:42:ac:11:65:43", interface_name: front0}
      shared: {priority: 1}
  vpn: {image: ${TEST_IMAGE}, deploy: *quick, environment: {MESSAGE: ${vpn}, PORT: 9000}}
  side: {image: ${TEST_IMAGE}, network_mode: "service:vpn", environment: {PORT: 9001}}
  inner: {image: ${TEST_IMAGE}, networks: [back]}
  alone: {image: ${TEST_IMAGE}, network_mode: none}
  onhost: {image: ${TEST_IMAGE}, network_mode: host, environment: {PORT: 9002}}
networks:
  front:
    enable_ipv6: true
    driver_opts: {com.docker.network.driver.mtu: 1400}
    ipam: {config: [{subnet: 10.77.0.0/24, gateway: 10.77.0.254}, {subnet: "fd77::/64"}]}
  back: {internal: true, enable_ipv6: true}
  shared: {name: shared, external: true}
`

const OTHER = `
services:
  web: {image: ${TEST_IMAGE}, networks: [front]}
  db: {image: ${TEST_IMAGE}, networks: [shared]}
networks:
  front: {enable_ipv6: true}
  shared: {name: shared, external: true}
`

let host: TestHost

beforeAll(async () => {
  const files = { 'shop/compose.yaml': shop('one'), 'other/compose.yaml': OTHER }
  host = await startHost({ files })
  await host.until(
    (status) => isConverged(undefined, 'shop')(status) && isConverged(undefined, 'other')(status),
  )
})
afterAll(() => host?.destroy())

function taskOf(status: StatusDocument, stack: string, service: string): TaskView {
  const task = stackOf(status, stack).services.find(({ name }) => name === service)?.tasks[0]
  if (!task) throw new Error(`${stack}/${service} has no task`)
  return task
}

/** Runs a line of shell in the container, and gives what it says; an ending that is no success is told with its code. */
async function inside(stack: string, service: string, line: string): Promise<string> {
  const { pid } = taskOf(await host.status(), stack, service)
  const enter = ['nsenter', '-t', String(pid), '--mount', '--net', '--uts', '--ipc', '--pid']
  return host.run(...enter, '/bin/sh', '-c', `${line} || echo "ended with $?"`)
}

const fetch = (address: string) => `timeout 1 wget -q -O - http://${address}/`
const FAILED = /ended with/

describe('a service', () => {
  it('has the addresses, devices and routes that it asks for', async () => {
    const shown = await inside('shop', 'web', 'ip addr; ip route; ip -6 route')
    expect(shown).toMatch(
      /front0@\S+ .* mtu 1400[\s\S]*02:42:ac:11:65:43[\s\S]*10\.77\.0\.5\/24[\s\S]*fd77::2\/64/,
    )
    expect(shown).toMatch(/default via 10\.210\.\d+\.1 dev eth0/)
    expect(shown).toMatch(/default via fd77::1 dev front0/)
    const { addresses } = taskOf(await host.status(), 'shop', 'web')
    expect(addresses).toEqual([expect.stringMatching(/^10\.210\./), '10.77.0.5', 'fd77::2'])
    expect(await host.run('ip', '-br', 'addr')).toMatch(/10\.77\.0\.254\/24 .*fd77::1\/64/)
  })

  it('has its names, resolver and kernel parameters', async () => {
    expect(await inside('shop', 'web', 'hostname; cat /proc/sys/kernel/domainname')).toBe(
      'front\nexample.com\n',
    )
    const files = await inside('shop', 'web', 'cat /etc/hosts /etc/resolv.conf')
    for (const part of [
      '10.77.0.5\tfront.example.com front',
      '192.0.2.7\tlegacy',
      'search example.com\n',
      'ndots:2',
    ]) {
      expect(files).toContain(part)
    }
    expect(files).toMatch(/10\.210\.\d+\.1\tme\n/)
    const parameters = 'cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax'
    expect(await inside('shop', 'web', parameters)).toBe('1234\n4096\n')
  })

  it('is found by another stack in a network that both share, and in no other', async () => {
    expect(await inside('other', 'db', fetch('web:8080'))).toBe('hello\n')
    const { addresses } = taskOf(await host.status(), 'shop', 'web')
    expect(await inside('other', 'db', fetch(`${addresses[0]}:8080`))).toBe('hello\n')
    const said = await Promise.all([
      inside('other', 'web', fetch('10.77.0.5:8080')),
      inside('other', 'web', fetch('[fd77::2]:8080')),
      inside('other', 'web', 'nslookup db'),
    ])
    for (const one of said) expect(one).toMatch(FAILED)
  })

  it('reaches its own gateway, and neither that of another network nor anything from an internal one', async () => {
    expect(await inside('shop', 'web', 'ping -c 1 -W 1 10.77.0.254')).toContain('1 packets received')
    expect(await inside('shop', 'web', 'ping -6 -c 1 -W 1 fd77::1')).toContain('1 packets received')
    const crossing = ['ping -c 1 -W 1 10.77.0.254', 'ping -6 -c 1 -W 1 fd77::1', fetch('[fd77::2]:8080')]
    const said = await Promise.all([
      ...crossing.map((line) => inside('other', 'web', line)),
      ...[...crossing, fetch('10.77.0.5:8080')].map((line) => inside('shop', 'inner', line)),
    ])
    for (const one of said) expect(one).toMatch(FAILED)
  })
})

describe('network_mode', () => {
  it('none has a loopback alone, host has the host', async () => {
    expect(await inside('shop', 'alone', "ip -o link | cut -d: -f2 | tr -d '\\n'")).toBe(' lo')
    const { pid } = taskOf(await host.status(), 'shop', 'onhost')
    const [theirs, ours] = await Promise.all(
      [String(pid), 'self'].map((one) => host.run('readlink', `/proc/${one}/ns/net`)),
    )
    expect(theirs).toBe(ours)
    expect(await host.run('curl', '-s', 'http://127.0.0.1:9002/')).toBe('hello\n')
  })

  it('service: shares the network of the other, and moves with it to the next one', async () => {
    expect(await inside('shop', 'side', `hostname; ${fetch('127.0.0.1:9000')}`)).toBe('vpn-1\none\n')
    expect(await inside('shop', 'vpn', fetch('127.0.0.1:9001'))).toBe('hello\n')
    const before = taskOf(await host.status(), 'shop', 'side')

    const revision = await host.commit({ 'shop/compose.yaml': shop('two') })
    await host.until((status) => {
      const { id, state, renewals } = taskOf(status, 'shop', 'side')
      const isBack = id === before.id && state === 'running' && renewals === before.renewals + 1
      return isConverged(revision, 'shop')(status) && isBack
    })
    expect(await inside('shop', 'side', fetch('127.0.0.1:9000'))).toBe('two\n')
    expect(taskOf(await host.status(), 'shop', 'side').restarts).toBe(before.restarts) // it has not crashed
  })
})

describe('a fixed address', () => {
  it('stays over an update, which stops the old task first', async () => {
    const before = taskOf(await host.status(), 'shop', 'web')
    const file = shop('two').replace('hostname: front', 'hostname: front\n    environment: {MESSAGE: newer}')
    const revision = await host.commit({ 'shop/compose.yaml': file })
    await host.until(isConverged(revision, 'shop'))
    const after = taskOf(await host.status(), 'shop', 'web')
    expect(after.id).not.toBe(before.id)
    expect(after.addresses).toContain('10.77.0.5')
    expect(await inside('other', 'db', fetch('web:8080'))).toBe('newer\n')
  })

  it('that is taken is told, and nothing of the service is made', async () => {
    await host.commit({
      'taker/compose.yaml': `
services:
  web: {image: ${TEST_IMAGE}, networks: {front: {ipv4_address: 10.77.0.5}}}
networks:
  front: {external: true, name: shop_front}
`,
    })
    const status = await host.until(
      (seen) => seen.stacks.find(({ name }) => name === 'taker')?.services[0]?.tasks[0]?.error != null,
    )
    expect(taskOf(status, 'taker', 'web').error).toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining('shop/web'),
    })
  })
})

describe('a fixed subnet', () => {
  /** A service in each network; it takes its grace period to stop. */
  const stack = (networks: Record<string, string>) => {
    const names = Object.keys(networks)
    const stopping = 'stop_signal: SIGURG, stop_grace_period: 3s, deploy: {update_config: {monitor: 200ms}}'
    const services = names.map(
      (name, i) => `  app${i}: {image: ${TEST_IMAGE}, networks: [${name}], ${stopping}}\n`,
    )
    const declared = names.map((name) => `  ${name}: {${networks[name]}}\n`)
    return `services:\n${services.join('')}networks:\n${declared.join('')}`
  }
  const subnet = (cidr: string) => `ipam: {config: [{subnet: ${cidr}}]}`
  const rollOut = async (name: string, files: Record<string, string | null>) => {
    const status = await host.until(isConverged(await host.commit(files), name))
    const { json } = await host.setpoint('history', name, '--output', 'json')
    expect((json as HistoryDocument).entries.flatMap(({ failure }) => failure ?? [])).toEqual([])
    return stackOf(status, name).services.map(({ tasks }) => tasks[0]?.addresses)
  }

  it('moves from one network to another, also both ways and when it grows', async () => {
    await rollOut('nets', {
      'nets/compose.yaml': stack({ one: subnet('10.78.0.0/24'), two: subnet('10.79.0.0/24') }),
    })
    const swapped = stack({ three: `internal: true, ${subnet('10.79.0.0/24')}`, two: subnet('10.78.0.0/16') })
    expect(await rollOut('nets', { 'nets/compose.yaml': swapped })).toEqual([['10.79.0.2'], ['10.78.0.2']])
  })

  it('goes to the new name of a stack once the old one has given it up', async () => {
    const files = { 'nets/compose.yaml': null, 'mesh/compose.yaml': stack({ one: subnet('10.78.0.0/24') }) }
    expect(await rollOut('mesh', files)).toEqual([['10.78.0.2']])
    await host.commit({ 'mesh/compose.yaml': null })
  })
})
