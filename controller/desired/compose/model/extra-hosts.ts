import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §extra_hosts. */
export const extraHosts: Shape = {
  expected: 'a list or a mapping of hosts',
  list: { items: anyScalar },
  map: {},
}
