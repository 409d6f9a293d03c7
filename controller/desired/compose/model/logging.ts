import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { asText, mapping, string } from './common.ts'
import { mergeLogging } from './merge-rules.ts'

const loggingOptions: Shape = {
  expected: 'a mapping of options to strings or numbers',
  map: {
    values: {
      expected: 'a string or a number',
      scalar: { types: ['string', 'number', 'null'] },
      canonical: asText,
    },
  },
}

/** Compose Specification §logging. */
export const logging: Shape = {
  ...mapping('a mapping with a driver', {
    driver: honoured(string, 'What takes the log, as in `json-file`.'),
    options: honoured(loggingOptions, 'Settings of the driver, as in `max-size: 10m`.'),
  }),
  merge: mergeLogging,
}
