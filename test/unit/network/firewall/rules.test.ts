import { describe, expect, it } from 'vitest'
import { type Forward, forwardsOf, type Served, vipsOf } from '../../../../agent/network/firewall/forwards.ts'
import { type RuleNetwork, renderTable } from '../../../../agent/network/firewall/rules.ts'
import type { PublishedPort } from '../../../../schemas/network.ts'
import { samePort } from '../../../../schemas/port.ts'
import { aContainer } from '../../../support/builders.ts'

const front: RuleNetwork = { name: 'front', bridge: 'spa', subnet: '10.210.0.0/24', internal: false }
const back: RuleNetwork = { name: 'back', bridge: 'spb', subnet: '10.210.1.0/24', internal: true }

describe('renderTable', () => {
  it('replaces the whole table in one transaction', () => {
    const networks = [front, back]
    const forwards = forwardsOf(networks, [
      anEndpoint('web', { front: '10.210.0.3' }, [port(8080, 80)]),
      anEndpoint('web', { front: '10.210.0.2' }, [port(8080, 80), { ...port(53, 53), protocol: 'udp' }]),
    ])
    expect(renderTable('setpoint-x', networks, { forwards, vips: [] })).toBe(`add table inet setpoint-x
delete table inet setpoint-x
table inet setpoint-x {
  chain services {
  }
  chain ports {
    ip6 daddr ::1 return
    udp dport 53 dnat ip to numgen random mod 1 map { 0 : 10.210.0.2 . 53 }
    tcp dport 8080 dnat ip to numgen random mod 2 map { 0 : 10.210.0.2 . 80, 1 : 10.210.0.3 . 80 }
  }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    jump services
    ip daddr { 10.210.0.0/24, 10.210.1.0/24 } meta l4proto { tcp, udp } th dport 53 return
    fib daddr type local jump ports
  }
  chain output {
    type nat hook output priority -100; policy accept;
    jump services
    fib daddr type local jump ports
  }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    ip saddr 127.0.0.0/8 oifname spa masquerade
    ip saddr 10.210.0.0/24 ip daddr 10.210.0.0/24 ct status dnat masquerade
    ip saddr 10.210.0.0/24 oifname != spa masquerade
    ip saddr 127.0.0.0/8 oifname spb masquerade
    ip saddr 10.210.1.0/24 ip daddr 10.210.1.0/24 ct status dnat masquerade
    ip saddr != 10.210.1.0/24 oifname spb ct status dnat masquerade
  }
  chain guard {
    type filter hook prerouting priority -300; policy accept;
    iifname { spa, spb } ip daddr 127.0.0.0/8 drop
  }
  chain input {
    type filter hook input priority 0; policy accept;
    ip daddr 10.210.0.0/24 iifname != { spa, lo } drop
    ip daddr 10.210.1.0/24 iifname != { spb, lo } drop
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    ct state established,related accept
    iifname { spa } oifname { spa } accept
    iifname { spb } oifname { spb } accept
    iifname { spb } drop
    ct status dnat accept
    oifname { spa, spb } drop
  }
}
`)
  })

  it('only takes the table away when there is no network', () => {
    expect(renderTable('setpoint-x', [], { forwards: [], vips: [] })).toBe(
      'add table inet setpoint-x\ndelete table inet setpoint-x\n',
    )
  })

  it('is the same text whatever the order of what is given', () => {
    const endpoints = [
      anEndpoint('web', { front: '10.210.0.3' }, [port(8080, 80), port(443, 443)]),
      anEndpoint('api', { front: '10.210.0.2' }, [port(81, 80)]),
    ]
    const [one = [], other = []] = [endpoints, endpoints.toReversed()].map((all) => forwardsOf([front], all))
    const text = (networks: RuleNetwork[], forwards: Forward[]): string =>
      renderTable('t', networks, { forwards, vips: [] })
    expect(text([front, back], one)).toBe(text([back, front], other))
  })

  it('leads the address of a service to its tasks, and from its own network and the host alone', () => {
    const network = { ...front, vips: ['10.210.0.9', '10.210.0.8'] }
    const vips = [{ address: '10.210.0.9', to: ['10.210.0.2', '10.210.0.3'] }]
    const text = renderTable('t', [network, back], { forwards: [], vips })
    expect(text).toContain(
      'ip daddr 10.210.0.9 dnat ip to numgen random mod 2 map { 0 : 10.210.0.2, 1 : 10.210.0.3 }\n',
    )
    expect(text).toContain('iifname != { spa, lo } ip daddr { 10.210.0.8, 10.210.0.9 } drop\n')
    expect(text).toContain('ct state new ip daddr { 10.210.0.8, 10.210.0.9 } reject\n')
  })

  it('has the same for IPv6 where a network has it', () => {
    const six = { ...front, subnet6: 'fd00:1::/64' }
    const endpoint = { ...anEndpoint('web', { front: '10.210.0.2' }, [port(80, 8080)]) }
    const forwards = forwardsOf([six], [{ ...endpoint, addresses6: { front: 'fd00:1::2' } }])
    const text = renderTable('t', [six], { forwards, vips: [] })
    for (const line of [
      'tcp dport 80 dnat ip to numgen random mod 1 map { 0 : 10.210.0.2 . 8080 }',
      'tcp dport 80 dnat ip6 to numgen random mod 1 map { 0 : fd00:1::2 . 8080 }',
      'ip6 saddr fd00:1::/64 oifname != spa masquerade',
      'ip6 daddr fd00:1::/64 iifname != { spa, lo } drop',
    ]) {
      expect(text).toContain(`    ${line}\n`)
    }
  })
})

describe('forwardsOf', () => {
  it('puts a port of one address before the same port of every address', () => {
    const forwards = forwardsOf(
      [front],
      [
        anEndpoint('a', { front: '10.210.0.2' }, [{ ...port(80, 80), hostIp: '0.0.0.0' }]),
        anEndpoint('b', { front: '10.210.0.3' }, [{ ...port(80, 81), hostIp: '192.0.2.1' }]),
      ],
    )
    expect(forwards).toEqual([
      { family: 'ip', hostIp: '192.0.2.1', published: 80, protocol: 'tcp', to: [['10.210.0.3', 81]] },
      { family: 'ip', hostIp: undefined, published: 80, protocol: 'tcp', to: [['10.210.0.2', 80]] },
    ])
  })

  it.each(['[::1]', 'fe80::1%eth0', 'localhost', '10.0.0.1; drop', '010.1.1.1'])(
    'leaves out a port on %s, which nftables would refuse with all others',
    (hostIp) => {
      const bad = anEndpoint('a', { front: '10.210.0.2' }, [{ ...port(80, 80), hostIp }, port(81, 80)])
      expect(forwardsOf([front], [bad]).map(({ published }) => published)).toEqual([81])
    },
  )

  it('leads to the address in a network with a way out', () => {
    const endpoint = anEndpoint('web', { back: '10.210.1.2', front: '10.210.0.2' }, [port(80, 80)])
    expect(forwardsOf([front, back], [endpoint])[0]?.to).toEqual([['10.210.0.2', 80]])
  })
})

describe('vipsOf', () => {
  it('has the tasks that serve of each virtual IP, and none that no task serves', () => {
    const lease = { device: 'eth0', stack: 's', service: 'web', ports: [] }
    const leases = {
      'web-1': { ...lease, address: '10.210.0.3', vip: '10.210.0.9' },
      'web-2': { ...lease, address: '10.210.0.2', vip: '10.210.0.9' },
      'web-3': { ...lease, address: '10.210.0.4', vip: '10.210.0.9' },
      'db-1': { ...lease, address: '10.210.0.5', vip: '10.210.0.8' },
    }
    const served = ['web-1', 'web-2'].map((id) => {
      const endpoint = anEndpoint('web', {}, [])
      return { ...endpoint, task: { ...endpoint.task, id } }
    })
    expect(vipsOf([{ leases }], served)).toEqual([
      { address: '10.210.0.9', to: ['10.210.0.2', '10.210.0.3'] },
    ])
  })
})

describe('samePort', () => {
  it.each([
    [undefined, '127.0.0.1', true],
    [undefined, '::1', true],
    ['0.0.0.0', '192.0.2.1', true],
    ['0.0.0.0', '2001:db8::1', false],
    ['0.0.0.0', '::', false],
    ['::', '2001:db8::1', true],
    ['192.0.2.1', '192.0.2.2', false],
  ])('on %s and on %s: %s', (a, b, expected) => {
    const on = (hostIp: string | undefined) => ({ hostIp, published: 80, protocol: 'tcp' })
    expect([samePort(on(a), on(b)), samePort(on(b), on(a))]).toEqual([expected, expected])
  })
})

function anEndpoint(service: string, addresses: Record<string, string>, ports: PublishedPort[]): Served {
  const networks = Object.keys(addresses).map((network) => ({ network, aliases: [] }))
  return {
    addresses,
    ports,
    task: {
      ...{ id: `${service}-1`, stack: 's', service, slot: 1, host: 'h', revision: 'r', fingerprint: 'f' },
      ...{ container: aContainer({ networks, ports }), networks: [], volumes: [] },
    },
  }
}

function port(published: number, target: number): PublishedPort {
  return { published, target, protocol: 'tcp' }
}
