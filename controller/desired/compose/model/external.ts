import type { Shape } from '../shape.ts'

/** Compose Specification §external. */
export const external: Shape = {
  expected: 'true or false',
  scalar: { types: ['boolean', 'string'] },
  map: {},
}
