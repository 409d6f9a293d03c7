import type { Problem } from '../../../schemas/problem.ts'
import { errorAt } from '../report.ts'
import { broken, type Entry, keyPath, type MapNode, type Node, type ScalarNode } from '../yaml/node.ts'
import { createFillIn, type FillIn, type Unset } from './fill-in.ts'
import { type Lookup, MAX_EXPANDED } from './template.ts'

export interface Filling {
  variables: Lookup
  unset: Unset
  /** Where the root stands in the document. */
  path?: string
}

export interface Filled {
  /** Null when the file is longer than `MAX_EXPANDED`: aliases are shared here, but whoever reads the tree unfolds them. */
  root: Node | null
  problems: Problem[]
}

/**
 * The tree with the variables of its values filled in; keys and comments stay as they are, and what was a text stays
 * one (Compose Specification §Interpolation). What stands under an `x-` key of the root counts only where an alias
 * uses it: an unused fragment may name unset variables.
 */
export function interpolate(root: Node, { variables, unset, path = '' }: Filling): Filled {
  const problems: Problem[] = []
  const done = new Map<Node, Node>()
  const bytes = new Map<Node, number>()
  const fillIn = createFillIn({ variables, unset }, problems)
  const fillInFragment = unset === 'blank' ? createFillIn({ variables, unset }, []) : undefined
  const filled = visit(root, path, fillIn)
  if ((bytes.get(filled) ?? 0) <= MAX_EXPANDED) return { root: filled, problems }
  const message = `has more than ${MAX_EXPANDED} bytes once its aliases and variables are filled in`
  return { root: null, problems: [...problems, errorAt(root.at, path, message)] }

  function visit(node: Node, path: string, fillIn: FillIn): Node {
    const known = done.get(node)
    if (known) return known
    const made = fill(node, path, fillIn)
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

  function fill(node: Node, path: string, fillIn: FillIn): Node {
    if (node.kind === 'scalar') return scalar(node, path, fillIn)
    if (node.kind === 'map') return map(node, path, fillIn)
    return { ...node, items: node.items.map((item, index) => visit(item, `${path}[${index}]`, fillIn)) }
  }

  // Fragments come last: what an alias uses elsewhere is filled in there, with its problems.
  function map(node: MapNode, path: string, fillIn: FillIn): Node {
    const entries = new Map(node.entries)
    const fragments = path === '' ? [...node.entries].filter(([key]) => isFragment(key)) : []
    for (const [key, entry] of node.entries) {
      if (path !== '' || !isFragment(key)) replace(key, entry, fillIn)
    }
    if (fillInFragment) for (const [key, entry] of fragments) replace(key, entry, fillInFragment)
    return { ...node, entries }

    function replace(key: string, { at, value }: Entry, fillIn: FillIn): void {
      const inner = keyPath(path, key)
      if (!isLeftAlone(inner)) entries.set(key, { at, value: visit(value, inner, fillIn) })
    }
  }

  // Where an unset variable is an error, the declared variables have been filled in on their own before all else.
  function isLeftAlone(path: string): boolean {
    return unset === 'error' && path === 'x-setpoint.variables'
  }

  function scalar(node: ScalarNode, path: string, fillIn: FillIn): Node {
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node
    const value = fillIn(node.value, node.at, path)
    if (value !== undefined) return { ...node, value, text: value }
    return fillIn === fillInFragment ? node : broken(node)
  }
}

function isFragment(key: string): boolean {
  return key.startsWith('x-') && key !== 'x-setpoint'
}
