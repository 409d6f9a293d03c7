import type { Shape } from '../shape.ts'

/** Compose Specification paths. */
export const filePath: Shape = {
  expected: 'a path',
  scalar: { types: ['string'] },
}
