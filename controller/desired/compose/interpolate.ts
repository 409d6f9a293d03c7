import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, note } from '../report.ts'
import { type Entry, keyPath, type Node, type ScalarNode } from '../yaml/node.ts'
import { expand, type Lookup, MAX_EXPANDED, TemplateError } from './template.ts'

export interface Filling {
  variables: Lookup
  /** What a variable without a value and a default is: a problem, or a blank text with a notice. */
  unset: 'error' | 'blank'
  /** Where the root stands in the document. */
  path?: string
}

export interface Filled {
  /** Null when the file is longer than `MAX_EXPANDED`: aliases are shared here, but whoever reads the tree unfolds them. */
  root: Node | null
  problems: Problem[]
}

/**
 * The tree with the variables of its values filled in (keys and comments stay as they are).
 * @param path where `root` stands in the document
 * What stands under an `x-` key of the root counts only where an alias uses it, so an unused fragment may name unset variables.
 */
export function interpolate(root: Node, { variables: lookup, path = '' }: Filling): Filled {
  const problems: Problem[] = []
  const done = new Map<Node, Node>()
  const bytes = new Map<Node, number>()
  let length = 0
  const filled = visit(root, path)
  if ((bytes.get(filled) ?? 0) <= MAX_EXPANDED) return { root: filled, problems }
  const message = `has more than ${MAX_EXPANDED} bytes once its aliases and variables are filled in`
  return { root: null, problems: [...problems, errorAt(root.at, path, message)] }

  function visit(node: Node, path: string): Node {
    const known = done.get(node)
    if (known) return known
    const made = fill(node, path)
    done.set(node, made)
    bytes.set(made, bytesOf(made))
    return made
  }

  // What is left alone has been measured when its aliases were expanded, and is not read.
  function bytesOf(node: Node): number {
    if (node.kind === 'scalar') return Buffer.byteLength(node.text)
    if (node.kind === 'list') return node.items.reduce((sum, item) => sum + (bytes.get(item) ?? 0), 0)
    let sum = 0
    for (const [key, { value }] of node.entries) sum += Buffer.byteLength(key) + (bytes.get(value) ?? 0)
    return sum
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
      return { ...node, tag: '!broken' }
    }
  }
}

// The declared variables are filled in on their own, before all else.
function isLeftAlone(path: string): boolean {
  if (path === 'x-setpoint.variables') return true
  return path.startsWith('x-') && path !== 'x-setpoint' && !path.startsWith('x-setpoint.')
}
