import type { Problem } from '../../../schemas/problem.ts'
import { note, noticeAt } from '../problems.ts'
import { mapEntries, mapItems } from './map-values.ts'
import { keyPath, type ListNode, type MapNode, type Node } from './node.ts'
import { withoutTags } from './without-tags.ts'

/**
 * A document whose lists are free of `!reset` and `!override`: items are not merged one by one, so nothing is
 * inherited that a tag in a list could take away.
 */
export function settleListTags(root: Node): { root: Node; problems: Problem[] } {
  const problems: Problem[] = []
  const done = new Map<Node, Node>()
  const plain = new Map<Node, Node>()
  return { root: settle(root, ''), problems }

  function settle(node: Node, path: string): Node {
    if (node.kind === 'scalar') return node
    const known = done.get(node)
    if (known) return known
    const made = settleBelow(node, path)
    done.set(node, made)
    return made
  }

  function settleBelow(node: MapNode | ListNode, path: string): Node {
    if (node.kind === 'map') return mapEntries(node, (value, key) => settle(value, keyPath(path, key)))
    return mapItems(node, (item, index) => {
      if (item.tag !== '!reset') return withoutTags(item, plain)
      tell(item, `${path}[${index}]`)
      return undefined
    })
  }

  function tell(item: Node, path: string): void {
    const message =
      '!reset takes no item from a list; write the whole list anew, as in ports: !override [...]'
    note(problems, noticeAt(item.at, path, message))
  }
}
