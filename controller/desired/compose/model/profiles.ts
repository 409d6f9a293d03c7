import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §profiles. */
export const profiles: Shape = {
  expected: 'a list of profiles',
  list: { items: anyScalar },
}
