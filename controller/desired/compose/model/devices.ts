import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §devices. */
export const devices: Shape = {
  expected: 'a list of devices, as in "/dev/fuse:/dev/fuse"',
  list: { items: anyScalar },
}
