import type { MapNode } from '../yaml/node.ts'

/** The model with full names, the implied default network and the implied dependencies (compose-go: normalize). */
export function normalise(model: MapNode, _name: string): MapNode {
  return model
}
