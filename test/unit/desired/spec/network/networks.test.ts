import { describe, expect, test } from 'vitest'
import { problemsOf, serviceOf, specOf } from '../../support.ts'

const A = 'services: {a: {image: x, networks: {n: }}}'
const network = (settings: string) => specOf(`${A}\nnetworks: {n: {${settings}}}`).networks[0]
const problems = (service: string, settings = '', rest = '') =>
  problemsOf(`services: {a: {image: x, ${service}}${rest}}\nnetworks: {n: {${settings}}}`)

describe('a network', () => {
  const plain = { name: 'web_n', internal: false, external: false }

  test.each<[string, object]>([
    ['', {}],
    ['driver: bridge, attachable: false', {}],
    ['ipam: {config: [{subnet: 10.9.0.5/24}]}', { subnet: '10.9.0.0/24' }],
    [
      'ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.254, ip_range: 10.9.0.128/25, aux_addresses: {b: 10.9.0.9, a: 10.9.0.8}}]}',
      {
        ...{ subnet: '10.9.0.0/24', gateway: '10.9.0.254', range: '10.9.0.128/25' },
        reserved: ['10.9.0.8', '10.9.0.9'],
      },
    ],
    ['enable_ipv6: true', { ipv6: true }],
    ['enable_ipv4: false, enable_ipv6: true', { ipv4: false, ipv6: true }],
    [
      'enable_ipv6: true, ipam: {config: [{subnet: "FD00::5/64", gateway: "fd00::0:9"}, {subnet: 10.9.0.0/24}]}',
      { ipv6: true, subnet6: 'fd00::/64', gateway6: 'fd00::9', subnet: '10.9.0.0/24' },
    ],
    [
      'driver: macvlan, driver_opts: {parent: eth0.5, macvlan_mode: vepa, other: x}',
      { driver: 'macvlan', options: { parent: 'eth0.5', macvlan_mode: 'vepa' } },
    ],
    ['driver: ptp, driver_opts: {ipMasq: "true"}', { driver: 'ptp', options: { ipMasq: 'true' } }],
    ['driver_opts: {com.docker.network.driver.mtu: 1400}', { mtu: 1400 }],
    ['driver_opts: {com.docker.network.driver.mtu: "9000"}', { mtu: 9000 }],
    ['driver_opts: {com.docker.network.bridge.enable_icc: "true"}', {}],
    ['driver_opts: {com.docker.network.bridge.name: br0}', {}],
  ])('with %s', (settings, wanted) => expect(network(settings)).toEqual({ ...plain, ...wanted }))

  test.each([
    ['driver: macvlan', 'needs driver_opts.parent for macvlan'],
    [
      'driver: macvlan, driver_opts: {parent: eth0, macvlan_mode: l2}',
      'must be bridge, private, vepa or passthru',
    ],
    ['driver: ipvlan, driver_opts: {parent: "a b"}', 'is no interface of Linux'],
    ['driver: brigde', 'no driver is called brigde; did you mean bridge?'],
    ['driver: ../x', 'is no driver: bridge, macvlan'],
    ['driver: host', 'write network_mode: host in the services'],
    ['enable_ipv4: false', 'leaves the network without addresses'],
    ['driver: overlay', 'not honoured yet: overlay, a network across hosts'],
    ['ipam: {config: [{gateway: 10.9.0.1}]}', 'gateway: needs a subnet beside it'],
    ['ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.8.0.1}]}', 'is no address of a host in 10.9.0.0/24'],
    ['ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.0}]}', 'is no address of a host in 10.9.0.0/24'],
    [
      'ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.255}]}',
      'is no address of a host in 10.9.0.0/24',
    ],
    [
      'ipam: {config: [{subnet: 127.0.0.0/8}]}',
      '2:41 networks.n.ipam.config[0].subnet: 127.0.0.0/8 is the loopback',
    ],
    ['ipam: {config: [{subnet: 0.1.0.0/16}]}', '0.0.0.0/8 stands for this host'],
    ['ipam: {config: [{subnet: 239.1.0.0/16}]}', '224.0.0.0/4 is for groups of hosts'],
    ['enable_ipv6: true, ipam: {config: [{subnet: "::/64"}]}', '::1/128 is the loopback'],
    ['enable_ipv6: true, ipam: {config: [{subnet: "fe80::/64"}]}', 'fe80::/10 is of one link alone'],
    ['enable_ipv6: true, ipam: {config: [{subnet: "ff02::/64"}]}', 'ff00::/8 is for groups of hosts'],
    ['ipam: {config: [{subnet: 10.9.0.0/24, ip_range: 10.8.0.0/25}]}', 'is not in 10.9.0.0/24'],
    ['ipam: {config: [{subnet: 10.9.0.0/24, ip_range: 10.0.0.0/8}]}', 'is not in 10.9.0.0/24'],
    ['ipam: {config: [{subnet: 10.9.0.0/24, ip_range: all}]}', 'must be a part of 10.9.0.0/24'],
    [
      'ipam: {config: [{subnet: 10.9.0.0/24, aux_addresses: {r: 10.1.1.1}}]}',
      'aux_addresses.r: "10.1.1.1" is no',
    ],
    ['ipam: {config: [{subnet: 10.9.0.0/24}, {subnet: 10.8.0.0/24}]}', 'more than one subnet of a family'],
    ['ipam: {config: [{subnet: "fd00::/64"}]}', 'is an IPv6 subnet; set enable_ipv6: true'],
    ['ipam: {config: [{subnet: "fd00::/126"}]}', 'must be an IPv6 subnet from /16 to /125'],
    ['driver_opts: {com.docker.network.driver.mtu: 1}', 'must be a number from 68 to 65535'],
    ['driver_opts: {com.docker.network.bridge.enable_icc: "false"}', 'not honoured yet: com.docker'],
  ])('with %s is refused', (settings, message) => {
    expect(problems('networks: [n]', settings).join()).toContain(message)
  })

  test('that is external is told once of each setting that it does not take', () => {
    expect(problems('networks: [n]', 'external: true, internal: true')).toEqual([
      'notice web/compose.yaml:2:42 networks.n.internal: has no effect, because an external network has the settings of the stack that declares it',
    ])
  })

  test('that is external takes nothing from the file but its name', () => {
    expect(network('external: true, internal: true, name: lan')).toEqual({
      ...{ name: 'lan', internal: false, external: true },
    })
  })
})

describe('two networks of a stack with one range', () => {
  const both = (second: string, joined = '[m, n]') =>
    problemsOf(
      `services: {a: {image: x, networks: ${joined}}}\nnetworks:\n  m: {ipam: {config: [{subnet: 10.9.0.0/16}]}}\n  n: {ipam: {config: [{subnet: 10.9.1.0/24}]}${second}}`,
    )

  test('are refused where both are bridges that are joined', () => {
    expect(both('')).toEqual([
      'web/compose.yaml:4:32 networks.n.ipam.config[0].subnet: overlaps 10.9.0.0/16 of networks.m.ipam.config[0].subnet; choose another',
    ])
  })

  test.each([
    ['with a driver', ', driver: ptp', '[m, n]'],
    ['that nobody joins', '', '[m]'],
  ])('are taken where one is a network %s', (_what, second, joined) => {
    expect(both(second, joined)).toEqual([])
  })
})

describe('a place in a network', () => {
  const SUBNET = 'ipam: {config: [{subnet: 10.9.0.0/24}]}'
  const place = (settings: string) =>
    serviceOf(`networks: {n: {${settings}}}`, `networks: {n: {${SUBNET}}}`).container.networks[0]

  test.each<[string, object]>([
    ['ipv4_address: 10.9.0.5', { ipv4: '10.9.0.5' }],
    ['mac_address: 02-42-AC-11-65-43', { mac: '02:42:ac:11:65:43' }],
    ['interface_name: front0', { device: 'front0' }],
    ['driver_opts: {com.docker.network.endpoint.ifname: front0}', { device: 'front0' }],
    ['gw_priority: 1', { gatewayPriority: 1 }],
    ['gw_priority: 0, priority: 5', {}],
    ['link_local_ips: [169.254.7.1, "FE80::1"]', { linkLocal: ['169.254.7.1', 'fe80::1'] }],
  ])('has %s', (settings, wanted) => {
    expect(place(settings)).toEqual({ network: 'web_n', aliases: ['a'], ...wanted })
  })

  test.each([
    ['ipv4_address: 10.8.0.5', '10.8.0.5 is not in the subnet 10.9.0.0/24'],
    ['ipv4_address: 10.9.0.0', '10.9.0.0 is no address of a host in 10.9.0.0/24'],
    ['ipv4_address: 10.9.0.255', '10.9.0.255 is no address of a host in 10.9.0.0/24'],
    ['ipv4_address: 10.9.0.1', '10.9.0.1 is the gateway of network web_n'],
    ['ipv4_address: "fd00::1"', 'must be an IPv4 address'],
    ['mac_address: 01:42:ac:11:65:43', 'must be a hardware address of one interface'],
    ['interface_name: lo', 'means something else'],
    ['interface_name: an-interface-name', 'must be a name of at most 15'],
    ['link_local_ips: [10.0.0.1]', 'must be an address of 169.254.0.0/16'],
    [
      'driver_opts: {com.docker.network.endpoint.sysctls: a=b}',
      'not honoured yet: settings of one interface',
    ],
  ])('with %s is refused', (settings, message) => {
    expect(problems(`networks: {n: {${settings}}}`, SUBNET).join()).toContain(message)
  })

  test.each([
    ['scale: 2, networks: {n: {ipv4_address: 10.9.0.5}}', SUBNET, 'is for one task, but the service has 2'],
    ['scale: 2, networks: {n: {mac_address: 02:42:ac:11:65:43}}', SUBNET, 'is for one task'],
    ['networks: {n: {ipv6_address: "fd00::5"}}', SUBNET, 'has no IPv6; set enable_ipv6: true'],
    [
      'networks: [n], ports: ["80:80"]',
      'driver: macvlan, driver_opts: {parent: e}',
      'are not published from macvlan',
    ],
    [
      'networks: {n: {mac_address: 02:42:ac:11:65:43}}',
      'driver: ipvlan, driver_opts: {parent: e}',
      'take macvlan',
    ],
    ['networks: {n: {ipv4_address: 10.9.0.5}}', '', 'needs a network with a subnet of its own'],
    [
      'networks: {n: {ipv4_address: 10.9.0.9}}',
      `${SUBNET.slice(0, -3)}, gateway: 10.9.0.9}]}`,
      'is the gateway',
    ],
    [
      'deploy: {update_config: {order: start-first}}, networks: {n: {ipv4_address: 10.9.0.5}}',
      SUBNET,
      'cannot be of the old and the new task at once',
    ],
  ])('%s is refused', (service, settings, message) => {
    expect(problems(service, settings).join()).toContain(message)
  })

  test('with an address in an external network is told who has to declare its subnet', () => {
    const told = problems('networks: {n: {ipv4_address: 10.9.0.5}}', 'external: true')
    expect(told).toEqual([
      'notice web/compose.yaml:1:55 services.a.networks.n.ipv4_address: 10.9.0.5 can be given only while another stack of the host declares this network with a subnet that it lies in',
    ])
  })

  test('that two services ask for is refused', () => {
    const asked = 'networks: {n: {ipv4_address: 10.9.0.5}}'
    expect(problems(asked, SUBNET, `, b: {image: x, ${asked}}`).join()).toContain(
      'is also given to services.a',
    )
  })

  test('with the device of another network is refused', () => {
    const yaml = 'services: {a: {image: x, networks: {m: {interface_name: eth1}, n: }}}\nnetworks: {m: , n: }'
    expect(problemsOf(yaml).join()).toContain('has the interface eth1, as has the network m')
  })

  test('comes by priority, then by name; the hardware address of the service is that of the first', () => {
    const { networks } = serviceOf(
      'mac_address: 02:42:ac:11:65:43\nnetworks: {b: {priority: 9}, c: , a: }',
      'networks: {a: , b: , c: }',
    ).container
    expect(networks.map(({ network, mac }) => [network, mac])).toEqual([
      ['web_b', '02:42:ac:11:65:43'],
      ['web_a', undefined],
      ['web_c', undefined],
    ])
  })
})
