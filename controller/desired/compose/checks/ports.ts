import { isIP } from 'node:net'
import { type Cursor, expected, within } from '../../cursor.ts'
import { textAt } from '../../yaml/node.ts'
import { itemsBelow } from '../below.ts'

/** Compose Specification §ports: a host IP is an address. */
export function checkPorts(service: Cursor): void {
  for (const port of itemsBelow(service, 'ports')) {
    const ip = textAt(port.node, 'host_ip')
    if (ip && !isIP(ip)) expected(within(port, 'host_ip'), 'an IP address, as in 127.0.0.1')
  }
}
