import { scalarNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Key, Shape } from '../shape.ts'
import { mapping, number, options, orNothing, string } from './common.ts'
import { namesOrMap } from './list-to-map.ts'
import { uniqueStrings } from './string-or-list.ts'

/** Compose Specification §networks of a service: the networks' keys to settings, or to nothing. */
export const attachments: Shape = listOrMap('networks, as in [front, back]', 'the name of a network', {
  aliases: honoured(uniqueStrings, 'Further names that the service has in this network.'),
  interface_name: honoured(
    string,
    'The name of the interface in the container; `eth0`, `eth1`, … otherwise.',
  ),
  ipv4_address: honoured(string, 'A fixed IPv4 address, of a `subnet` of the network.'),
  ipv6_address: honoured(string, 'A fixed IPv6 address, of a `subnet` of the network.'),
  link_local_ips: honoured(uniqueStrings, 'Further addresses, of 169.254.0.0/16 or fe80::/10.'),
  mac_address: honoured(string, 'The hardware address in this network.'),
  driver_opts: honoured(options, 'Settings of the link, by the names that Docker has for them.'),
  priority: honoured(number, 'Networks with a higher number are joined first.'),
  gw_priority: honoured(number, 'The network with the highest number has the default gateway.'),
})

/** Compose Specification §models of a service: the models' keys to the names of variables, or to nothing. */
export const modelUses: Shape = listOrMap('models, as in [llm]', 'the name of a model', {
  endpoint_var: honoured(string, 'The variable that holds the address of the model.'),
  model_var: honoured(string, 'The variable that holds the name of the model.'),
})

function listOrMap(what: string, name: string, keys: Record<string, Key>): Shape {
  return namesOrMap({
    expected: `a list or a mapping of ${what}`,
    name,
    settings: orNothing(mapping('a mapping of settings', keys)),
    plain: (like) => scalarNode(like, null),
  })
}
