import { expected } from '../../cursor.ts'
import { broken, type MapNode, type Node } from '../../yaml/node.ts'
import { canonicalise } from '../canonical/canonicalise.ts'
import { composeFile } from '../model/compose-file.ts'
import { interpolate } from '../variables/interpolate.ts'
import type { Composing } from './composing.ts'
import { incomingCursor, noteIncoming } from './origin.ts'

/** The documents of one file, variables filled in and short forms made long; not yet with what they include or extend. */
export function canonicalDocuments(path: string, composing: Composing): MapNode[] {
  const { documents, isBroken, problems } = composing.reader.read(path)
  noteIncoming(problems, composing)
  if (!isBroken) return documents.flatMap((document) => canonicalDocument(document, composing))
  composing.state.isIncomplete = true
  return []
}

/** The same of one document; none after a problem. */
export function canonicalDocument(document: Node, composing: Composing): MapNode[] {
  if (!composing.budget.read(document, incomingCursor(document, composing))) return []
  const made = canonical(document, composing)
  if (made.kind === 'map') return [made]
  composing.state.isIncomplete = true
  return []
}

function canonical(document: Node, composing: Composing): Node {
  const { root, problems } = interpolate(document, composing)
  noteIncoming(problems, composing)
  if (!root) return broken(document)
  const at = incomingCursor(root, composing)
  if (root.kind !== 'map') expected(at, composeFile.expected)
  return root.kind === 'map' ? canonicalise(at, composeFile, composing) : broken(root)
}
