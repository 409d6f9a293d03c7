import { type Cursor, failAtKey, within } from '../../cursor.ts'
import { textAt, valueAt } from '../../yaml/node.ts'

/** Compose Specification §network_mode: with it a service cannot have `networks`. */
export function checkNetworkMode(service: Cursor): void {
  const mode = textAt(service.node, 'network_mode')
  const networks = valueAt(service.node, 'networks')
  if (!mode || networks?.kind !== 'map' || networks.entries.size === 0) return
  failAtKey(within(service, 'network_mode'), 'stands beside networks; a service has one or the other')
}
