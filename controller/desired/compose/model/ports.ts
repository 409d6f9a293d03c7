import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §ports. */
export const ports: Shape = {
  expected: 'a list of ports, as in "8080:80"',
  list: { items: anyScalar },
  map: {},
}
