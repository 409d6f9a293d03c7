import type { Shape } from '../shape.ts'
import { anyScalar } from './common.ts'

/** Compose Specification string_or_list. */
export const stringOrList: Shape = {
  expected: 'a string or a list of strings',
  scalar: { types: ['string'] },
  list: { items: anyScalar },
}

/** Compose Specification list_of_strings. */
export const uniqueStrings: Shape = {
  expected: 'a list of strings',
  list: { items: anyScalar },
}
