import type { Shape } from '../shape.ts'

/** Compose Specification §ulimits. */
export const ulimits: Shape = {
  expected: 'a mapping of limits',
  map: {},
}
