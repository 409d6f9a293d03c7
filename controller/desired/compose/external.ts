import { type Node, textAt } from '../yaml/node.ts'

/** Whether a resource exists already (Compose Specification §external). */
export function isExternal(node: Node): boolean {
  return textAt(node, 'external') === 'true'
}
