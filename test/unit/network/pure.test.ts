import { describe, expect, it } from 'vitest'
import { formatCidr, freeAddress, freeSubnet, parseCidr } from '../../../agent/network/addresses/cidr.ts'
import { parseRoutes, pickSubnet, pickSubnets } from '../../../agent/network/addresses/subnets.ts'
import { parseListing } from '../../../agent/network/firewall/listing.ts'
import { insideLines, linkLines } from '../../../agent/network/links/lines.ts'
import { bridgeName, hardwareAddress, namespaceName, vethName } from '../../../agent/network/naming.ts'
import { localAddresses, localAddresses6 } from '../../../agent/network/observe.ts'
import { parseSockets } from '../../../agent/network/ports/listeners.ts'

describe('subnets', () => {
  it.each(['10.0.0.0', '10.0.0.0/33', '256.0.0.0/8', '::/129', 'fe80::1%eth0/64', '10.0.0/8', ''])(
    '%j is none',
    (text) => {
      expect(parseCidr(text)).toBeUndefined()
    },
  )

  it('are written with the host bits cleared', () => {
    expect(
      ['10.1.2.3/8', '192.168.255.255/17', '1.2.3.4/32', 'FD00:0:0:1::5/64'].map((text) =>
        formatCidr(cidr(text)),
      ),
    ).toEqual(['10.0.0.0/8', '192.168.128.0/17', '1.2.3.4/32', 'fd00:0:0:1::/64'])
  })

  it('are picked where nothing is routed, until none is left', () => {
    expect(formatCidr(freeSubnet([]) ?? cidr('0.0.0.0/0'))).toBe('10.210.0.0/24')
    const taken = ['10.210.0.0/23', '10.210.2.128/25', '192.168.0.0/16'].map(cidr)
    expect(formatCidr(freeSubnet(taken) ?? cidr('0.0.0.0/0'))).toBe('10.210.3.0/24')
    expect(freeSubnet([cidr('10.128.0.0/9')])).toBeUndefined()
  })

  it('of a stack file are refused when they are too small or taken', () => {
    const spec = { name: 'n', internal: false, external: false }
    expect(() => pickSubnet({ ...spec, subnet: '10.1.0.0/30' }, [])).toThrow(/no subnet for tasks/)
    expect(() => pickSubnet({ ...spec, subnet: '10.1.0.0/24' }, [cidr('10.0.0.0/8')])).toThrow('10.0.0.0/8')
    expect(() =>
      pickSubnet({ ...spec, subnet: '10.1.0.0/24' }, [
        { ...cidr('10.1.0.0/16'), network: 'net_front' },
        cidr('10.1.0.0/16'),
      ]),
    ).toThrow('Network n: the subnet 10.1.0.0/24 overlaps 10.1.0.0/16, which network net_front has.')
    expect(() => pickSubnet(spec, [cidr('10.0.0.0/8')])).toThrow(/no free/)
    const six = { ...spec, ipv4: false, ipv6: true } as const
    expect(() => pickSubnets({ ...six, subnet6: 'fd00::/126' }, [], 's')).toThrow(/no subnet for tasks/)
    expect(() => pickSubnets({ ...six, subnet6: 'fd00::/64' }, [cidr('fd00::/8')], 's')).toThrow('fd00::/8')
    expect(() => pickSubnets(six, [cidr('fd00::/8')], 's')).toThrow(/no free/)
  })

  it('of IPv6 are picked from a range of the host, the same each time', () => {
    const spec = { name: 'n', internal: false, external: false, ipv6: true } as const
    const first = pickSubnets(spec, [], 'one')
    expect(first).toEqual({ subnet: '10.210.0.0/24', subnet6: expect.stringMatching(/^fd[\da-f:]+::\/64$/) })
    expect(pickSubnets(spec, [], 'one')).toEqual(first)
    expect(pickSubnets(spec, [], 'two').subnet6).not.toBe(first.subnet6)
    const second = pickSubnets(spec, [cidr(first.subnet6 ?? '')], 'one').subnet6
    expect(second).toBe(first.subnet6?.replace('::/64', ':1::/64'))
  })

  it('of the host are read from its routes, the default left out', () => {
    const routes = [
      { dst: 'default' },
      { dst: '192.0.2.0/24' },
      { dst: '198.51.100.7' },
      { dst: '0.0.0.0/0' },
      { dst: 'fe80::/64' },
      { dst: 'ff00::/8' },
      { dst: 'fd00:1::/64' },
      { dst: '2001:db8::1' },
    ]
    expect(parseRoutes(JSON.stringify(routes)).map(formatCidr)).toEqual([
      '192.0.2.0/24',
      '198.51.100.7/32',
      'fd00:1::/64',
      '2001:db8::1/128',
    ])
  })
})

describe('addresses', () => {
  it('go round: one that was given back comes last', () => {
    const subnet = cidr('10.0.0.0/29')
    expect(freeAddress(subnet, new Set())).toBe('10.0.0.1')
    expect(freeAddress(subnet, new Set(['10.0.0.4']), { last: '10.0.0.3' })).toBe('10.0.0.5')
    expect(freeAddress(subnet, new Set(['10.0.0.1']), { last: '10.0.0.6' })).toBe('10.0.0.2')
    const all = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']
    expect(freeAddress(subnet, new Set(all), { last: '10.0.0.4' })).toBeUndefined()
    expect(freeAddress(cidr('fd00::/64'), new Set(['fd00::1', 'fd00::2']))).toBe('fd00::3')
  })

  it('come from the range alone where there is one', () => {
    const [subnet, range] = [cidr('10.0.0.0/24'), cidr('10.0.0.64/30')]
    expect(freeAddress(subnet, new Set(), { range })).toBe('10.0.0.64')
    expect(freeAddress(subnet, new Set(['10.0.0.64']), { range, last: '10.0.0.67' })).toBe('10.0.0.65')
    const all = ['10.0.0.64', '10.0.0.65', '10.0.0.66', '10.0.0.67']
    expect(freeAddress(subnet, new Set(all), { range })).toBeUndefined()
    expect(freeAddress(subnet, new Set(), { range: cidr('10.0.0.0/31') })).toBe('10.0.0.1')
  })
})

describe('names', () => {
  it('fit an interface and tell instances and tasks apart', () => {
    expect(bridgeName('01234567', 'abcdef012345')).toBe('sp01234567abcde')
    const other = bridgeName('01234567', 'abcdef012345', new Set(['sp01234567abcde']))
    expect(other).toMatch(/^sp01234567[0-9a-f]{5}$/)
    expect(other).not.toBe('sp01234567abcde')
    expect(vethName('01234567', 'task', 'net')).toMatch(/^sv[0-9a-f]{12}$/)
    expect(vethName('01234567', 'task', 'net')).not.toBe(vethName('01234568', 'task', 'net'))
    expect(hardwareAddress('10.210.0.2')).toBe('02:53:0a:d2:00:02')
  })

  it('of a namespace lead nowhere else', () => {
    expect(namespaceName('01234567', 'shop-web-1')).toBe('setpoint-01234567-shop-web-1')
    expect(namespaceName('01234567', '../../etc')).toMatch(/^setpoint-01234567-[0-9a-f]{32}$/)
  })
})

describe('ip lines', () => {
  const link = {
    ...{ bridge: 'br', host: 'sv1', inside: 'eth0', hardware: '02:53:0a:00:00:02' },
    ...{ addresses: ['10.0.0.2/24', 'fd00::2/64'], gateways: ['10.0.0.1', 'fd00::1'] },
  }

  it('make links from the host', () => {
    expect(linkLines('ns', [link])).toEqual([
      'link add sv1 type veth peer name eth0 address 02:53:0a:00:00:02 netns ns',
      'link set sv1 master br addrgenmode none up',
      'link set sv1 type bridge_slave hairpin on',
    ])
  })

  it('set the default routes that go by way of a link', () => {
    const inner = { ...link, inside: 'eth0', gateways: [] }
    const routes = insideLines([inner, { ...link, inside: 'eth1' }]).filter((line) =>
      line.startsWith('route'),
    )
    expect(routes).toEqual(['route replace default via 10.0.0.1', 'route replace default via fd00::1'])
    expect(insideLines([inner])).toEqual([
      'link set lo up',
      'addr add 10.0.0.2/24 dev eth0',
      'addr add fd00::2/64 dev eth0 nodad',
      'link set eth0 up',
    ])
  })
})

describe('parseSockets', () => {
  const tcp = (local: string, state: string) =>
    `  0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0`

  it('finds what waits on a port, IPv4 also through IPv6', () => {
    const lines = [
      'header',
      tcp('0100007F:1F90', '0A'),
      tcp('00000000000000000000000000000000:0050', '0A'),
      tcp('0000000000000000FFFF0000020200C0:0051', '0A'),
      tcp('00000000000000000000000001000000:0052', '0A'),
      tcp('0100007F:0053', '01'),
      tcp('B80D0120000000000000000002000100:0054', '0A'),
    ]
    expect(parseSockets(lines.join('\n'), 'tcp')).toEqual([
      { protocol: 'tcp', address: '127.0.0.1', port: 8080, inode: '4711' },
      { protocol: 'tcp', address: '0.0.0.0', port: 80, inode: '4711' },
      { protocol: 'tcp', address: '192.0.2.2', port: 81, inode: '4711' },
      { protocol: 'tcp', address: '::1', port: 82, inode: '4711' },
      { protocol: 'tcp', address: '2001:db8::1:2', port: 84, inode: '4711' },
    ])
    expect(parseSockets(['header', tcp('00000000:0035', '07')].join('\n'), 'udp')).toHaveLength(1)
  })
})

describe('localAddresses', () => {
  it('reads the addresses in force and leaves the loopback out', () => {
    const fib = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.210.0.0/24 2 0 2
        |-- 10.210.0.0
           /24 link UNICAST
        |-- 10.210.0.2
           /32 host LOCAL
        |-- 10.210.0.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
`
    expect(localAddresses(fib + fib)).toEqual(['10.210.0.2'])
  })
})

describe('localAddresses6', () => {
  it('reads the addresses that were set, without link-local ones and those a router advertised', () => {
    const text = `fd000000000000000000000000000002 02 40 00 80     eth0
fe80000000000000005390fffe000002 02 40 20 80     eth0
fd000000000000000000000000000099 02 40 00 00     eth0
00000000000000000000000000000001 01 80 10 80       lo
`
    expect(localAddresses6(text)).toEqual(['fd00::2'])
  })
})

describe('parseListing', () => {
  it('is empty for a table that is not there, and passes over rules that somebody added', () => {
    expect(parseListing('')).toEqual({ forwards: [], vips: [], rules: new Set() })
    const rule = { chain: 'ports', handle: 9, expr: [{ counter: { packets: 0, bytes: 0 } }, { drop: null }] }
    expect(parseListing(JSON.stringify({ nftables: [{ rule }] }))).toEqual({
      forwards: [],
      vips: [],
      rules: new Set(['ports/9']),
    })
  })
})

function cidr(text: string) {
  const parsed = parseCidr(text)
  if (!parsed) throw new Error(`${text} is no subnet`)
  return parsed
}
