import { type Cursor, fail, within } from '../../cursor.ts'
import { textAt } from '../../yaml/node.ts'
import { itemsBelow } from '../below.ts'

/** What watching does without copying files to a target. */
const WITHOUT_TARGET = ['rebuild', 'restart']

/** Compose Specification §develop: what is copied has a target, and what is watched a path. */
export function checkDevelop(service: Cursor): void {
  for (const rule of itemsBelow(service, 'develop', 'watch')) {
    const action = textAt(rule.node, 'action')
    if (textAt(rule.node, 'path') === '') fail(within(rule, 'path'), 'must not be empty')
    if (action && !WITHOUT_TARGET.includes(action) && !textAt(rule.node, 'target')) {
      fail(rule, `has no target; ${action} needs the path in the container`)
    }
  }
}
