import { type Cursor, fail, notice } from '../../cursor.ts'
import { isNull, listNode, type Node, textNode } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { string } from './common.ts'
import { replace } from './merge-rules.ts'
import { shellWords } from './shell-words.ts'

/**
 * Compose Specification §command, §entrypoint: a list of words; a string is split into them. Nothing is the command of
 * the image, an empty list is none at all.
 */
export const command: Shape = {
  expected: 'a command, as in "npm start" or ["npm", "start"]',
  scalar: { types: ['string', 'null'] },
  list: { items: string },
  canonical: (at) => (at.node.kind === 'scalar' && !isNull(at.node) ? split(at, at.node.text) : at.node),
  merge: replace,
}

function split(at: Cursor, line: string): Node | undefined {
  const split = shellWords(line)
  if (!split) return fail(at, 'has a quote or a bracket that is not closed')
  if (split.cutAt !== undefined) {
    const advice = 'write ["/bin/sh", "-c", "…"] for a shell, or quote it'
    notice(at, `no shell runs this, and ${split.cutAt} with all that follows is dropped; ${advice}`)
  }
  return listNode(
    at.node,
    split.words.map((text) => textNode(at.node, text)),
  )
}
