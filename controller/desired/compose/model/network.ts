import { honoured, ignored } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { boolean, listOf, mapping, options, orEmpty, string } from './common.ts'
import { external } from './external.ts'
import { mergeIpamConfigs } from './merge-rules.ts'
import { labels } from './pairs.ts'
import { namedResource } from './resource.ts'

const texts: Shape = { expected: 'a mapping of names to strings', map: { values: string } }

const pool = mapping('a mapping with a subnet', {
  subnet: honoured(string, 'The addresses of the network, as in `172.28.0.0/16`.'),
  ip_range: honoured(string, 'The part of the subnet that containers get addresses from.'),
  gateway: honoured(string, 'The address of the gateway; by default the first of the subnet.'),
  aux_addresses: honoured(texts, 'Addresses that no container gets, by host name.'),
})

const ipam = mapping('a mapping with config', {
  driver: ignored(string, 'What gives out addresses.', {
    reason: 'addresses are given by the agent',
    usual: ['default'],
  }),
  config: honoured(
    { ...listOf(pool, 'a list of mappings, each with a subnet'), merge: mergeIpamConfigs },
    'The subnets of the network, each with its settings.',
  ),
  options: ignored(texts, 'Settings of the driver that gives out addresses.', {
    reason: 'addresses are given by the agent',
  }),
})

/** Compose Specification §Networks top-level element. */
export const network: Shape = orEmpty(
  namedResource('a mapping of the settings of a network', {
    name: honoured(string, 'The full name of the network, in place of `STACK_KEY`.'),
    driver: honoured(
      string,
      'What makes the network: `bridge`, `macvlan`, `ipvlan`, or a CNI plugin of the host.',
    ),
    driver_opts: honoured(options, 'Settings of the driver, by the names that Docker has for them.'),
    ipam: honoured(ipam, 'How addresses are given out.'),
    external: honoured(
      external,
      'The network is shared by all stacks of a host that name it, with the settings of the one that declares it.',
    ),
    internal: honoured(boolean, 'No way leads from this network to the outside.'),
    enable_ipv4: honoured(boolean, 'Whether there are IPv4 addresses; true unless said otherwise.'),
    enable_ipv6: honoured(
      boolean,
      'Whether there are IPv6 addresses; without a subnet for them a free range is picked.',
    ),
    attachable: ignored(boolean, 'Single containers may join the network.', {
      reason: 'only tasks join a network',
    }),
    labels: ignored(labels, 'Labels of the network.', {
      reason: 'networks carry only the labels of Setpoint',
    }),
  }),
)
