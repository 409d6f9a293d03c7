import type { Problem } from '../../../../schemas/problem.ts'
import { errorAt } from '../../problems.ts'
import { MAX_EXPANDED } from '../../yaml/extent.ts'
import { mapEntries, mapItems } from '../../yaml/map-values.ts'
import { broken, keyPath, type MapNode, type Node, type ScalarNode } from '../../yaml/node.ts'
import { placesIn } from '../../yaml/text-start.ts'
import { createFillIn, type FillIn, type Unset } from './fill-in.ts'
import { createMeasure } from './measure.ts'
import type { Lookup } from './template.ts'

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
  const bytes = createMeasure()
  const fillIn = createFillIn({ variables, unset }, problems)
  const fillInFragment = unset === 'blank' ? createFillIn({ variables, unset }, []) : undefined
  const filled = visit(root, path, fillIn)
  if (bytes.of(filled) <= MAX_EXPANDED) return { root: filled, problems }
  const message = `has more than ${MAX_EXPANDED} bytes once its aliases and variables are filled in`
  return { root: null, problems: [...problems, errorAt(root.at, path, message)] }

  function visit(node: Node, path: string, fillIn: FillIn): Node {
    if (node.kind === 'scalar' && !isTemplate(node)) return node
    const known = done.get(node)
    if (known) return known
    const made = fill(node, path, fillIn)
    done.set(node, made)
    if (made.kind !== 'scalar') bytes.add(made)
    return made
  }

  function fill(node: Node, path: string, fillIn: FillIn): Node {
    if (node.kind === 'scalar') return scalar(node, path, fillIn)
    if (node.kind === 'map') return map(node, path, fillIn)
    return mapItems(node, (item, index) => visit(item, `${path}[${index}]`, fillIn))
  }

  // Fragments come last: what an alias uses elsewhere is filled in there, with its problems.
  function map(node: MapNode, path: string, fillIn: FillIn): Node {
    const isRoot = path === ''
    const own = mapEntries(node, (value, key) =>
      isRoot && isFragment(key) ? value : entry(value, keyPath(path, key), fillIn),
    )
    if (!isRoot || !fillInFragment) return own
    return mapEntries(own, (value, key) => (isFragment(key) ? entry(value, key, fillInFragment) : value))
  }

  function entry(value: Node, path: string, fillIn: FillIn): Node {
    return isLeftAlone(path) ? value : visit(value, path, fillIn)
  }

  // Where an unset variable is an error, the declared variables have been filled in on their own before all else.
  function isLeftAlone(path: string): boolean {
    return unset === 'error' && path === 'x-setpoint.variables'
  }

  function scalar(node: ScalarNode, path: string, fillIn: FillIn): Node {
    const value = fillIn(String(node.value), placesIn(node), path)
    const { start: _, ...rest } = node
    if (value !== undefined) return { ...rest, value, text: value, written: node.text }
    return fillIn === fillInFragment ? node : broken(node)
  }
}

function isTemplate({ value }: ScalarNode): boolean {
  return typeof value === 'string' && value.includes('$')
}

function isFragment(key: string): boolean {
  return key.startsWith('x-') && key !== 'x-setpoint'
}
