import type { Shape } from '../shape.ts'

/** Compose Specification §build. */
export const build: Shape = {
  expected: 'a folder or a mapping, as in "."',
  scalar: { types: ['string'] },
  map: {},
}
