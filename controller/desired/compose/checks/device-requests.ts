import { type Cursor, failAtKey, within } from '../../cursor.ts'
import { itemsBelow } from '../below.ts'
import { asMap, has } from '../edit.ts'

/** Compose Specification §gpus, deploy §devices: a request says how many devices it wants, or which ones. */
export function checkDeviceRequests(service: Cursor): void {
  const reserved = itemsBelow(service, 'deploy', 'resources', 'reservations', 'devices')
  for (const request of [...itemsBelow(service, 'gpus'), ...reserved]) {
    const map = asMap(request.node)
    if (has(map, 'count') && has(map, 'device_ids')) {
      failAtKey(within(request, 'count'), 'stands beside device_ids; keep one')
    }
  }
}
