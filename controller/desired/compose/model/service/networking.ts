import { honoured, ignored, LATER, refused } from '../../marks.ts'
import type { Key } from '../../shape.ts'
import { attachments } from '../attachments.ts'
import { distinct, setOf, string, textOrNumber } from '../common.ts'
import { extraHosts } from '../extra-hosts.ts'
import { ports } from '../ports.ts'
import { filledStrings, stringOrList, uniqueStrings } from '../string-or-list.ts'

/** How a service is reached, and what it reaches. */
export const networking: Record<string, Key> = {
  ports: honoured(ports, 'Ports of the container that the host publishes, as in `"8080:80"`.'),
  expose: ignored(setOf(textOrNumber, 'a list of ports'), 'Ports that other services may use.', {
    reason: 'services of one network reach every port of each other',
  }),
  networks: honoured(attachments, 'The networks that the service joins; by default the one of the stack.'),
  network_mode: honoured(
    string,
    'In place of networks: `host`, `none`, or `service:NAME` for the network of another service.',
  ),
  hostname: honoured(string, 'The host name that the container sees as its own.'),
  domainname: honoured(string, 'The domain that the container sees as its own.'),
  container_name: honoured(
    {
      expected: 'a name of two or more letters, digits, _, . and -',
      scalar: { types: ['string'], pattern: /[a-zA-Z0-9][a-zA-Z0-9_.-]+/ },
    },
    'A further name that other services find the service by.',
  ),
  links: honoured(
    uniqueStrings,
    'Services that this one needs, each with a further name on its networks if wanted, as in `db:database`.',
  ),
  external_links: refused(distinct(uniqueStrings), 'Containers outside the stack that the service reaches.', {
    reason: LATER,
    instead: 'put both services into one external network',
  }),
  dns: honoured(
    filledStrings,
    'Resolvers for the names that are not of services, in place of those of the host.',
  ),
  dns_opt: honoured(uniqueStrings, 'Options of the resolver, as in `ndots:2`.'),
  dns_search: honoured(stringOrList, 'Domains in which short names are looked up.'),
  extra_hosts: honoured(
    extraHosts,
    'Further names and their addresses, as in `db:10.0.0.5`; `host-gateway` is the host itself.',
  ),
  mac_address: honoured(string, 'The hardware address of the container, in the network that it joins first.'),
}
