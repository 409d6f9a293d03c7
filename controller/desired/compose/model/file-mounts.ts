import { mapNode, type Node, textAt, textNode } from '../../yaml/node.ts'
import { honoured } from '../marks.ts'
import type { Shape } from '../shape.ts'
import { string } from './common.ts'
import { fileMode } from './file-mode.ts'

/** Compose Specification §secrets of a service and of a build: mappings with the key of the secret and its place. */
export const secretMounts: Shape = fileMounts('secret', '/run/secrets')

/** Compose Specification §configs of a service: mappings with the key of the config and its place. */
export const configMounts: Shape = fileMounts('config', '')

/** @param folder where one without a target is found in the container */
function fileMounts(what: string, folder: string): Shape {
  const mount: Shape = {
    expected: `the name of a ${what}, or a mapping with source and target`,
    scalar: { types: ['string'] },
    map: {
      keys: {
        source: honoured(string, `The key of the ${what} at the root of the file.`),
        target: honoured(string, `Where the file is; by default ${folder}/ and the name of the ${what}.`),
        uid: honoured(string, 'The id of the user who owns the file.'),
        gid: honoured(string, 'The id of the group that owns the file.'),
        mode: honoured(fileMode, 'Who may read the file, in octal, as in 0440.'),
      },
      required: ['source'],
    },
    canonical: ({ node }) =>
      node.kind === 'scalar' ? mapNode(node, { source: textNode(node, node.text) }) : node,
  }
  const placeOf = (item: Node) => textAt(item, 'target') ?? `${folder}/${textAt(item, 'source')}`
  return { expected: `a list of ${what}s`, list: { items: mount, unique: placeOf } }
}
