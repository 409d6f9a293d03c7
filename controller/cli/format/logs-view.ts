import { styleText } from 'node:util'
import type { LogLine } from '../../../schemas/session/request.ts'
import { slotInStack } from '../../../schemas/slot.ts'

const COLOURS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const

export interface LogsViewOptions {
  colour: boolean
  /** Put the time of each line before it. */
  timestamps: boolean
  /** Put the name of its task before it. */
  prefix: boolean
}

/**
 * Makes text of log lines, each after the name of its task: `web.1`; of a second task in the same slot, its id. The names
 * seen so far are aligned.
 */
export function createLogsView({ colour, timestamps, prefix }: LogsViewOptions) {
  const names = new Map<string, string>()
  return (lines: LogLine[]): string[] => {
    for (const line of lines)
      if (!names.has(line.taskId)) names.set(line.taskId, nameOf(line, [...names.values()]))
    const width = Math.max(0, ...[...names.values()].map((name) => name.length))
    return lines.map(({ taskId, at, text }) => {
      const stamped = `${timestamps ? `${at} ` : ''}${text}`
      if (!prefix) return stamped
      const name = `${(names.get(taskId) ?? taskId).padEnd(width)} |`
      const tint = COLOURS[[...names.keys()].indexOf(taskId) % COLOURS.length] ?? 'cyan'
      return `${colour ? styleText(tint, name, { validateStream: false }) : name} ${stamped}`
    })
  }
}

function nameOf(line: LogLine, taken: string[]): string {
  const name = slotInStack(line)
  return taken.includes(name) ? line.taskId : name
}
