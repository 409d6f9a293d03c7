import type { Problem } from '../../schemas/problem.ts'
import { type Entry, keyPath, type Node, type ScalarNode } from './node.ts'
import { errorAt, note } from './report.ts'
import { expand, type Lookup, MAX_EXPANDED, TemplateError } from './template.ts'

/**
 * The tree with the variables of its values filled in (keys and comments stay as they are).
 * @param path where `root` stands in the document
 * What stands under an `x-` key of the root counts only where an alias uses it, so an unused fragment may name unset variables.
 */
export function interpolate(root: Node, lookup: Lookup, path = ''): { root: Node; problems: Problem[] } {
  const problems: Problem[] = []
  const done = new Map<Node, Node>()
  let length = 0
  return { root: visit(root, path), problems }

  function visit(node: Node, path: string): Node {
    const known = done.get(node)
    if (known) return known
    const made = fill(node, path)
    done.set(node, made)
    return made
  }

  function fill(node: Node, path: string): Node {
    if (node.kind === 'scalar') return scalar(node, path)
    if (node.kind === 'list') {
      return { ...node, items: node.items.map((item, index) => visit(item, `${path}[${index}]`)) }
    }
    const entries = new Map<string, Entry>()
    for (const [key, entry] of node.entries) {
      const inner = keyPath(path, key)
      entries.set(key, isLeftAlone(inner) ? entry : { at: entry.at, value: visit(entry.value, inner) })
    }
    return { ...node, entries }
  }

  function scalar(node: ScalarNode, path: string): Node {
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node
    try {
      const value = expand(node.value, lookup)
      length += value.length
      if (length > MAX_EXPANDED)
        throw new TemplateError('the file is too long once its variables are filled in')
      return { ...node, value, text: value }
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      note(problems, errorAt(node.at, path, error.message))
      return { ...node, tag: BROKEN }
    }
  }
}

/** The tag of a value whose variables could not be filled in: it has its problem, and needs no second one. */
export const BROKEN = '!broken'

// The declared variables are filled in on their own, before all else.
function isLeftAlone(path: string): boolean {
  if (path === 'x-setpoint.variables') return true
  return path.startsWith('x-') && path !== 'x-setpoint' && !path.startsWith('x-setpoint.')
}
