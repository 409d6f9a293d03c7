import { listNode, mapNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { listOf, string } from './common.ts'
import { stringOrList } from './string-or-list.ts'

const included: Shape = {
  expected: 'a path, or a mapping with path',
  scalar: { types: ['string'] },
  map: {
    keys: {
      path: honoured(stringOrList, 'The file, or files that are merged, to take in.'),
      project_directory: honoured(string, 'Where relative paths of these files start.'),
      env_file: honoured(stringOrList, 'Files of variables for what is taken in.'),
    },
  },
  canonical: ({ node }) => (node.kind === 'scalar' ? mapNode(node, { path: listNode(node, [node]) }) : node),
}

/** Compose Specification §include. Paths stay as written: they are found from the file that names them. */
export const includes = listOf(included, 'a list of paths')
