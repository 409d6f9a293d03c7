import { styleText } from 'node:util'
import type { StatusDocument } from '../../../schemas/status.ts'
import type { LogLine } from '../../api/documents.ts'

const COLOURS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const

export interface LogsViewOptions {
  /** Task id to `web.1`; a task that is not in it is called by its id. */
  names: Map<string, string>
  colour: boolean
  /** Put the time of each line before it. */
  timestamps: boolean
}

/** Log lines, each after the name of its task. */
export function logsView(lines: LogLine[], { names, colour, timestamps }: LogsViewOptions): string[] {
  const ids = [...new Set(lines.map(({ taskId }) => taskId))].sort()
  const nameOf = (id: string) => names.get(id) ?? id
  const width = Math.max(0, ...ids.map((id) => nameOf(id).length))
  return lines.map(({ taskId, at, text }) => {
    const name = `${nameOf(taskId).padEnd(width)} |`
    const tint = COLOURS[ids.indexOf(taskId) % COLOURS.length] ?? 'cyan'
    const label = colour ? styleText(tint, name, { validateStream: false }) : name
    return `${label} ${timestamps ? `${at} ` : ''}${text}`
  })
}

/** What people call the tasks of a status: `web.1`; of several tasks in one slot, the id tells them apart. */
export function taskNames({ stacks }: StatusDocument): Map<string, string> {
  const tasks = stacks.flatMap(({ services }) =>
    services.flatMap((service) =>
      service.tasks.map(({ id, slot }) => ({ id, name: `${service.name}.${slot}` })),
    ),
  )
  const shared = (name: string) => tasks.filter((task) => task.name === name).length > 1
  return new Map(tasks.map(({ id, name }) => [id, shared(name) ? id : name]))
}
