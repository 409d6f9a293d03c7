import { describe, expect, it } from 'vitest'
import type { Lease, Network } from '../../../../agent/network/addresses/leases.ts'
import { hostsOf, reverseZones, zonesOf } from '../../../../agent/network/names/answers.ts'
import type { Endpoint } from '../../../../agent/network/networks.ts'
import { aContainer } from '../../../support/builders.ts'

const network = aNetwork({
  'web-1': aLease('web', 1, '10.0.0.2', { address6: 'fd00::2', names: ['web', 'www', 'www.example.com'] }),
  'web-2': aLease('web', 2, '10.0.0.3', { names: ['web', 'www', 'www.example.com'] }),
  'db-1': aLease('db', 1, '10.0.0.4', { vip: '10.0.0.9' }),
  'db-2': aLease('db', 2, '10.0.0.5', { vip: '10.0.0.9' }),
})

describe('hostsOf', () => {
  it('has each task that serves by its own name first, that of its service and its aliases', () => {
    const endpoint = anEndpoint('web', 1)
    expect(lines(hostsOf([network], [endpoint]))).toEqual([
      '10.0.0.2\tweb.1 tasks.web web www www.example.com',
      'fd00::2\tweb.1 tasks.web web www www.example.com',
    ])
  })

  it('has the virtual IP for the name of a service that has one', () => {
    const endpoints = [anEndpoint('db', 1), anEndpoint('db', 2)]
    expect(lines(hostsOf([network], endpoints))).toEqual([
      '10.0.0.4\tdb.1 tasks.db',
      '10.0.0.5\tdb.2 tasks.db',
      '10.0.0.9\tdb',
    ])
  })

  it('has nothing of a service of which no task serves', () => {
    expect(lines(hostsOf([network], []))).toEqual([])
  })
})

describe('zonesOf', () => {
  it('keeps every name here, served or not, and what lies below an alias in the world', () => {
    expect(lines(zonesOf({ networks: [network], upstream: true }))).toEqual([
      'server=/*.www.example.com/#',
      'server=/0.0.10.in-addr.arpa/',
      'server=/db.1/',
      'server=/db.2/',
      'server=/tasks.db/',
      'server=/tasks.web/',
      'server=/web.1/',
      'server=/web.2/',
      'server=/www.example.com/',
    ])
    expect(zonesOf({ networks: [network], upstream: false })).not.toContain('*')
  })
})

describe('reverseZones', () => {
  it.each([
    ['10.1.2.0/24', ['2.1.10.in-addr.arpa']],
    ['10.16.0.0/16', ['16.10.in-addr.arpa']],
    ['10.1.4.0/23', ['4.1.10.in-addr.arpa', '5.1.10.in-addr.arpa']],
    ['10.1.2.8/31', ['8.2.1.10.in-addr.arpa', '9.2.1.10.in-addr.arpa']],
    ['10.0.0.0/7', ['10.in-addr.arpa', '11.in-addr.arpa']],
  ])('of %s are %j', (subnet, zones) => {
    expect(reverseZones({ name: 'n', subnet })).toEqual(zones)
  })
})

it('the zones of an IPv6 subnet are those of its whole digits', () => {
  expect(reverseZones({ name: 'n', subnet6: 'fd00:1234::/31' })).toEqual([
    '4.3.2.1.0.0.d.f.ip6.arpa',
    '5.3.2.1.0.0.d.f.ip6.arpa',
  ])
})

function lines(text: string): string[] {
  return text.trim().split('\n').filter(Boolean)
}

function aLease(service: string, slot: number, address: string, rest: Partial<Lease>): Lease {
  return { stack: 's', service, slot, address, device: 'eth0', ports: [], ...rest }
}

function aNetwork(leases: Record<string, Lease>): Network {
  return {
    ...{ key: 'k', name: 'n', internal: false, bridge: 'br', subnet: '10.0.0.0/24', leases, servers: {} },
  }
}

function anEndpoint(service: string, slot: number): Endpoint {
  const names = { id: `${service}-${slot}`, stack: 's', service, slot, host: 'h' }
  return {
    addresses: { n: '' },
    task: { ...names, revision: 'r', fingerprint: 'f', container: aContainer(), networks: [], volumes: [] },
  }
}
