import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §networks of a service. */
export const attachments: Shape = {
  expected: 'a list or a mapping of networks',
  list: { items: anyScalar },
  map: {},
}

/** Compose Specification §models of a service. */
export const modelUses: Shape = {
  expected: 'a list or a mapping of models',
  list: { items: anyScalar },
  map: {},
}
