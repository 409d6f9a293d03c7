import type { Shape } from '../shape.ts'

/** Compose Specification §develop. */
export const develop: Shape = {
  expected: 'a mapping with watch',
  map: {},
}
