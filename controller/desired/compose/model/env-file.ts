import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification §env_file. */
export const envFile: Shape = {
  expected: 'a file or a list of files',
  scalar: { types: ['string'] },
  list: { items: anyScalar },
}

/** Compose Specification §label_file. */
export const labelFile: Shape = {
  expected: 'a file or a list of files',
  scalar: { types: ['string'] },
  list: { items: anyScalar },
}
