import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { integerFrom } from './common.ts'
import { replace } from './merge-rules.ts'

/** -1 is no limit. */
const limit = integerFrom(-1)

const ulimit: Shape = {
  expected: 'a whole number, or a mapping with soft and hard',
  scalar: { types: ['integer', 'string'], cast: 'integer', minimum: -1 },
  map: {
    keys: {
      soft: honoured(limit, 'The limit that counts; the process may raise it up to `hard`.'),
      hard: honoured(limit, 'What `soft` may be raised to.'),
    },
    required: ['soft', 'hard'],
  },
  merge: replace,
}

/** Compose Specification §ulimits: one number for both limits, or each of them. */
export const ulimits: Shape = {
  expected: 'a mapping of limits, as in nofile: 65536',
  map: { values: ulimit },
}
