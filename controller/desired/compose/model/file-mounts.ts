import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §secrets of a service. */
export const secretMounts: Shape = {
  expected: 'a list of secrets',
  list: { items: anyScalar },
}

/** Compose Specification §configs of a service. */
export const configMounts: Shape = {
  expected: 'a list of configs',
  list: { items: anyScalar },
}
