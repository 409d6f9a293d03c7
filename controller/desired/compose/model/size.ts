import type { Shape } from '../shape.ts'

/** Compose Specification §Specifying byte values. */
export const size: Shape = {
  expected: 'a size, as in 512m or 1gb',
  scalar: { types: ['string', 'integer'] },
}
