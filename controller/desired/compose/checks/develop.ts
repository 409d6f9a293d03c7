import { type Cursor, fail } from '../../cursor.ts'
import { textAt } from '../../yaml/node.ts'
import { itemsBelow } from '../below.ts'

/** What watching does without copying files to a target. */
const WITHOUT_TARGET = ['rebuild', 'restart']

/** Compose Specification §develop: what is copied has a target. */
export function checkDevelop(service: Cursor): void {
  for (const rule of itemsBelow(service, 'develop', 'watch')) {
    const action = textAt(rule.node, 'action')
    if (action && !WITHOUT_TARGET.includes(action) && !textAt(rule.node, 'target')) {
      fail(rule, `has no target; ${action} needs the path in the container`)
    }
  }
}
