import { type Cursor, entriesOf, fields, within } from '../cursor.ts'
import { valueAt } from '../yaml/node.ts'
import { type NetworkDraft, network } from './network/networks.ts'
import { type ResourceDraft, volume } from './resources.ts'
import { type ServiceDraft, service } from './service.ts'
import { oneOf } from './values.ts'

/** What Setpoint takes from a resolved model, not yet checked as a whole. */
export interface StackDraft {
  services: ServiceDraft[]
  networks: NetworkDraft[]
  volumes: ResourceDraft[]
  drift: 'heal' | 'report'
  at: Cursor
}

/** Reads a resolved model. What is wrong goes to the cursor's problems; the draft has what could be read. */
export function readStack(at: Cursor): StackDraft {
  const settings = fields(within(at, 'x-setpoint'), { drift: oneOf('heal', 'report') })
  return {
    services: named(at, 'services', service),
    networks: named(at, 'networks', network),
    volumes: named(at, 'volumes', volume),
    drift: settings.drift ?? 'heal',
    at,
  }
}

function named<T>(at: Cursor, section: string, read: (key: string, at: Cursor) => T): T[] {
  if (!valueAt(at.node, section)) return []
  return (entriesOf(within(at, section)) ?? []).map(([key, inner]) => read(key, inner))
}
