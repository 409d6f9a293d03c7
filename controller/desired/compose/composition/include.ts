import { type Cursor, itemsOf, within } from '../../cursor.ts'
import { type MapNode, withValue } from '../../yaml/node.ts'
import { composeFile } from '../model/compose-file.ts'
import type { Composing } from './composing.ts'
import { textsBelow } from './file-reference.ts'
import { includedModel } from './included-model.ts'
import { merge } from './merge.ts'
import { incomingCursor } from './origin.ts'
import { takenIn, tellLeftBehind } from './taken-in.ts'

/**
 * Compose Specification §include: the document with what it includes merged below it, without the key. Of several
 * definitions of one name that of the document wins, then that of the first file.
 */
export function applyIncludes(document: MapNode, path: string, composing: Composing): MapNode {
  const at = within(incomingCursor(document, composing), 'include')
  if (at.node === document) return document
  if (at.node.tag === '!broken') composing.state.isIncomplete = true
  const own = withValue(document, 'include', undefined)
  const including = [...composing.including, path]
  const items = at.node.kind === 'list' ? (itemsOf(at) ?? []) : []
  return items.reduce((whole, item) => withIncluded(whole, item, { ...composing, including }), own)
}

function withIncluded(whole: MapNode, at: Cursor, composing: Composing): MapNode {
  if (composing.budget.isExceeded()) return whole
  const { problems, including, origins } = composing
  const [first] = textsBelow(at, 'path')
  const what = `${including.at(-1)} includes ${first?.node.kind === 'scalar' ? first.node.text : 'a file'} here`
  const origin = { at: at.node.at, what }
  const model = includedModel(at, { ...composing, origins: [...origins, origin] })
  if (!model) return whole
  tellLeftBehind(incomingCursor(model, { problems, origins: [...origins, origin] }))
  return merge(takenIn(model, whole, origin), whole, { shape: composeFile, path: '', problems })
}
