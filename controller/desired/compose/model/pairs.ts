import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §environment. */
export const environment: Shape = {
  expected: 'a mapping or a list of variables',
  list: { items: anyScalar },
  map: {},
}

/** Compose Specification §labels. */
export const labels: Shape = {
  expected: 'a mapping or a list of labels',
  list: { items: anyScalar },
  map: {},
}

/** Compose Specification §sysctls. */
export const keyValues: Shape = {
  expected: 'a mapping of names to values',
  list: { items: anyScalar },
  map: {},
}
