import type { Problem } from '../../../../schemas/problem.ts'
import { noticeAt } from '../../problems.ts'
import { type Node, valueAt } from '../../yaml/node.ts'

/**
 * Tells of variables, and of what unset ones are, where they come too late to count.
 * @param documents those that are merged over the first document of a stack's own file
 */
export function settingsElsewhere(documents: readonly Node[]): Problem[] {
  return documents.flatMap((document) => KEYS.flatMap((key) => settingElsewhere(document, key)))
}

const KEYS = ['variables', 'unset']

function settingElsewhere(document: Node, key: string): Problem[] {
  const setting = valueAt(document, 'x-setpoint', key)
  return setting ? [noticeAt(setting.at, `x-setpoint.${key}`, LATE)] : []
}

const LATE = "without effect here; write it into the first document of the stack's own file"
