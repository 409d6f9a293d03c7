import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §depends_on. */
export const dependsOn: Shape = {
  expected: 'a list or a mapping of services',
  list: { items: anyScalar },
  map: {},
}
