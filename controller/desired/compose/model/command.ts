import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §command. */
export const command: Shape = {
  expected: 'a command',
  scalar: { types: ['string', 'null'] },
  list: { items: anyScalar },
}
