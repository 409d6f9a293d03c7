import { scalarNode } from '../../yaml/node.ts'
import { honoured, ignored, LATER, refused, TUNING } from '../marks.ts'
import type { Key, Shape } from '../shape.ts'
import { mapping, number, options, orNothing, string } from './common.ts'
import { namesOrMap } from './list-to-map.ts'
import { uniqueStrings } from './string-or-list.ts'

const BY_NAME = 'use the name of the service'
const ORDER = 'networks are joined in the order of their names'

/** Compose Specification §networks of a service: the networks' keys to settings, or to nothing. */
export const attachments: Shape = listOrMap('networks, as in [front, back]', 'the name of a network', {
  aliases: honoured(uniqueStrings, 'Further names that the service has in this network.'),
  interface_name: ignored(string, 'The name of the interface.', 'the agent names the interfaces'),
  ipv4_address: refused(string, 'A fixed IPv4 address.', LATER, BY_NAME),
  ipv6_address: refused(string, 'A fixed IPv6 address.', LATER, BY_NAME),
  link_local_ips: refused(uniqueStrings, 'Link-local addresses.', LATER, BY_NAME),
  mac_address: refused(
    string,
    'The hardware address in this network.',
    LATER,
    'remove it; addresses are given by the agent',
  ),
  driver_opts: ignored(options, 'Settings of the driver of the network.', TUNING),
  priority: ignored(number, 'Networks with a higher number are joined first.', ORDER),
  gw_priority: ignored(number, 'The network with the highest number has the default gateway.', ORDER),
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
