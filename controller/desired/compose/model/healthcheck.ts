import type { Shape } from '../shape.ts'

/** Compose Specification §healthcheck. */
export const healthcheck: Shape = {
  expected: 'a mapping with a test',
  map: {},
}
