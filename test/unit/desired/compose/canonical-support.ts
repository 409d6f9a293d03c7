import { canonicalise } from '../../../../controller/desired/compose/canonical/canonicalise.ts'
import { createBudget } from '../../../../controller/desired/compose/composition/budget.ts'
import type { Scope, Shape } from '../../../../controller/desired/compose/shape.ts'
import { cursorAt } from '../../../../controller/desired/cursor.ts'
import { type Node, scalarNode } from '../../../../controller/desired/yaml/node.ts'
import { parse } from '../../../../controller/desired/yaml/parse.ts'
import { formatProblem, type Problem } from '../../../../schemas/problem.ts'

export interface Canonical {
  /** The canonical form as plain values; what is broken is undefined. */
  value: unknown
  /** Errors as `f:1:3 ports[0]: message`. */
  errors: string[]
  /** Notices, the same way. */
  notices: string[]
}

const SCOPE: Scope = { directory: '/project', home: '/home/me' }

/** A YAML text in the canonical form of a shape; its file is `f`. */
export function canonical(shape: Shape, yaml: string, scope: Scope = SCOPE): Canonical {
  const parsed = parse('f', yaml)
  const problems: Problem[] = [...parsed.problems]
  const root = parsed.documents[0] ?? scalarNode({ at: { file: 'f', line: 1, column: 1 } }, null)
  const node = canonicalise(cursorAt(root, problems), shape, { ...scope, budget: createBudget() })
  const told = (severity: string) => problems.filter((one) => one.severity === severity).map(formatProblem)
  return { value: plain(node), errors: told('error'), notices: told('notice') }
}

/** The messages of the errors alone, without their places. */
export function messages(shape: Shape, yaml: string): string[] {
  return canonical(shape, yaml).errors.map((error) => error.replace(/^\S+ (\S*[^\s:]: )?/, ''))
}

/** A tree as plain values. */
export function plain(node: Node): unknown {
  if (node.tag === '!broken') return undefined
  if (node.kind === 'list') return node.items.map(plain)
  if (node.kind === 'scalar') return node.value
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]))
}
