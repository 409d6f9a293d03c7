import type { MapNode } from '../yaml/node.ts'
import type { Shape } from './shape.ts'

/** Two canonical models as one (Compose Specification §Merge); `over` wins. Its `!reset` and `!override` are obeyed. */
export function merge(_base: MapNode, over: MapNode, _shape: Shape): MapNode {
  return over
}

/** The model once nothing more is merged below it: what is reset is gone, what overrides stands plain. */
export function withoutTags(model: MapNode): MapNode {
  return model
}
