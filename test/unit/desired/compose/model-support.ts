import { type Cursor, cursorAt } from '../../../../controller/desired/cursor.ts'
import { type MapNode, valueAt } from '../../../../controller/desired/yaml/node.ts'
import { parse } from '../../../../controller/desired/yaml/parse.ts'
import { formatProblem } from '../../../../schemas/problem.ts'
import { shown } from '../support.ts'
import { plain } from './canonical-support.ts'

/** A model written in canonical form, in the file `f`. */
export function aModel(yaml: string): MapNode {
  const { documents, problems } = parse('f', yaml)
  const [root] = documents
  if (root?.kind !== 'map' || problems.length > 0)
    throw new Error(`not a model: ${problems.map(formatProblem)}`)
  return root
}

/** The cursor of a model, whose problems can be told. */
export function aModelAt(yaml: string): Cursor {
  return cursorAt(aModel(yaml), [])
}

/** Problems as people read them; notices start with `notice`. */
export function toldAt({ problems }: Cursor): string[] {
  return problems.map(shown)
}

/** What stands at a path of a model, as plain values. */
export function plainAt(model: MapNode, ...keys: string[]): unknown {
  const found = valueAt(model, ...keys)
  return found && plain(found)
}
