import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §volumes of a service. */
export const mounts: Shape = {
  expected: 'a list of volumes, as in "data:/var/lib/data"',
  list: { items: anyScalar },
}
