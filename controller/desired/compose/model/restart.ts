import type { Shape } from '../shape.ts'

/** Compose Specification §restart. Quotes round a boolean would make no policy of it. */
export const restart: Shape = {
  expected: 'a string',
  scalar: { types: ['string'], instead: { false: '"no"', true: 'always' } },
}
