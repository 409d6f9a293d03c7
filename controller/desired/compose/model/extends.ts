import { mapNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { string } from './common.ts'

/** Compose Specification §extends. The file stays as written: it is found from the file that names it. */
export const extending: Shape = {
  expected: 'the name of a service, or a mapping with service and file',
  scalar: { types: ['string'] },
  map: {
    keys: {
      service: honoured(string, 'The service whose keys are taken over.'),
      file: honoured(string, 'The file that has it; by default this one.'),
    },
    required: ['service'],
  },
  canonical: ({ node }) => (node.kind === 'scalar' ? mapNode(node, { service: node }) : node),
}
