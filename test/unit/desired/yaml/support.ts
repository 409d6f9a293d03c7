import type { Node } from '../../../../controller/desired/yaml/node.ts'
import { parse } from '../../../../controller/desired/yaml/parse.ts'
import { formatProblem } from '../../../../schemas/problem.ts'

/** The documents of a text, in one line each. */
export function read(text: string): string[] {
  return parse('f', text).documents.map(written)
}

/** The problems of a text, as people read them. */
export function told(text: string): string[] {
  return parse('f', text).problems.map(formatProblem)
}

/** A tree in one line, tags written out: `{a: !reset null, b: [1]}`. */
export function written(node: Node): string {
  const tag = node.tag ? `${node.tag} ` : ''
  if (node.kind === 'scalar') return `${tag}${JSON.stringify(node.value)}`
  if (node.kind === 'list') return `${tag}[${node.items.map(written).join(', ')}]`
  return `${tag}{${[...node.entries].map(([key, { value }]) => `${key}: ${written(value)}`).join(', ')}}`
}
