import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { string } from './common.ts'

/** Compose Specification §external; the form with a name is deprecated and taken apart by the resource. */
export const external: Shape = {
  expected: 'true or false',
  scalar: { types: ['boolean', 'string'], cast: 'boolean' },
  map: { keys: { name: honoured(string, 'The full name; write it as `name` beside `external: true`.') } },
}
