import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §post_start. */
export const hooks: Shape = {
  expected: 'a list of commands',
  list: { items: anyScalar },
}
