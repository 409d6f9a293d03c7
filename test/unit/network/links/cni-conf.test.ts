import { expect, it } from 'vitest'
import type { Lease, Network } from '../../../../agent/network/addresses/leases.ts'
import { cniConf } from '../../../../agent/network/links/cni-conf.ts'

const network: Network = {
  ...{ key: 'k', name: 'lan', internal: false, bridge: '', leases: {}, servers: {} },
  ...{ driver: 'ipvlan', subnet: '192.0.2.0/24', subnet6: '2001:db8::/64', gateway6: '2001:db8::ff' },
  options: { parent: 'eth0.5', ipvlan_mode: 'l3' },
}
const lease: Lease = {
  ...{ address: '192.0.2.5', address6: '2001:db8::5', device: 'eth0' },
  ...{ stack: 's', service: 'web', ports: [] },
}

it('tells a plugin its options by its own names, the addresses, and routes where they go this way', () => {
  const gateways = ['192.0.2.1', '2001:db8::ff']
  expect(cniConf({ id: 'i', network, lease, gateways })).toEqual({
    ...{ cniVersion: '1.0.0', name: 'lan', type: 'ipvlan', master: 'eth0.5', mode: 'l3' },
    ipam: {
      type: 'static',
      addresses: [
        { address: '192.0.2.5/24', gateway: '192.0.2.1' },
        { address: '2001:db8::5/64', gateway: '2001:db8::ff' },
      ],
      routes: [
        { dst: '0.0.0.0/0', gw: '192.0.2.1' },
        { dst: '::/0', gw: '2001:db8::ff' },
      ],
    },
  })
})

it('gives any other plugin what is written, and the hardware address where one is fixed', () => {
  const other = {
    ...network,
    driver: 'ptp',
    options: { ipMasq: 'true', mtu: '1300', name2: 'text' },
    mtu: 1400,
  }
  const conf = cniConf({
    id: 'i',
    network: other,
    lease: { ...lease, mac: '02:42:ac:11:65:43' },
    gateways: [],
  })
  expect(conf).toMatchObject({
    ...{ type: 'ptp', ipMasq: true, name2: 'text', mtu: 1400 },
    ...{ capabilities: { mac: true }, runtimeConfig: { mac: '02:42:ac:11:65:43' }, ipam: { routes: [] } },
  })
})
