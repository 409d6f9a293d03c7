import { mapNode, type Node, scalarNode, textAt, withValue } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Scope, Shape } from '../shape.ts'
import { boolean, string } from './common.ts'
import { filePath, resolved } from './path.ts'
import { oneOrSetOf } from './string-or-list.ts'

const file: Shape = {
  expected: 'a file, as in ./web.env',
  scalar: { types: ['string'] },
  map: {
    keys: {
      path: honoured(filePath, 'The file.'),
      required: honoured(boolean, 'With false, the file may be missing. By default true.'),
      format: honoured(string, 'How the file is read: `raw` takes each line as it is.'),
    },
    required: ['path'],
  },
  canonical: ({ node }, scope) => withRequired(node, scope),
}

/** Compose Specification §env_file: mappings with a path, and whether the file must be there. */
export const envFile: Shape = {
  ...oneOrSetOf(file, 'a file or a list of files, as in ./web.env'),
  list: { items: file, unique: (item) => textAt(item, 'path') },
}

/** Compose Specification §label_file. */
export const labelFile: Shape = oneOrSetOf(filePath, 'a file or a list of files, as in ./web.labels')

function withRequired(node: Node, scope: Scope): Node {
  if (node.kind === 'scalar')
    return mapNode(node, { path: resolved(node, scope), required: scalarNode(node, true) })
  if (node.kind !== 'map' || node.entries.has('required')) return node
  return withValue(node, 'required', scalarNode(node, true))
}
