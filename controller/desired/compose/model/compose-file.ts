import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { string } from './common.ts'

/** A compose file (Compose Specification §Compose file). */
export const composeFile: Shape = {
  expected: 'a mapping with services',
  map: {
    keys: {
      name: honoured(string, 'The name of the stack.'),
    },
  },
}
