import type { Shape } from '../shape.ts'

/** Compose Specification §Specifying durations. */
export const duration: Shape = {
  expected: 'a duration with its unit, as in 30s or 1m30s',
  scalar: { types: ['string'] },
}
