import { slotName } from '../../../schemas/slot.ts'
import type { StackStatus, TaskView } from '../../../schemas/status.ts'
import { isServing } from '../../../schemas/task.ts'
import { quotedLines } from './notes.ts'
import { type Paint, visible } from './paint.ts'
import { until } from './words.ts'

/** Why tasks of a stack do not serve: what their latest run died of, what was last asked of them, when they run again. */
export function taskNotes(stack: StackStatus, { paint, now }: { paint: Paint; now: Date }): string[] {
  return stack.services.flatMap(({ name: service, tasks }) =>
    tasks
      .filter((task) => !isServing(task) && hasMore(task) && task.id !== stack.failure?.taskId)
      .flatMap((task) => {
        const name = slotName({ stack: stack.name, service, slot: task.slot })
        return taskNote(name, task, { paint, now })
      }),
  )
}

/** True when there is more to tell than the table of tasks does. */
function hasMore({ error, ended, probes, restartAt }: TaskView): boolean {
  const hasWords = error?.hint !== undefined || probes.length > 0 || (ended?.log.length ?? 0) > 0
  return error !== null && (hasWords || restartAt !== null)
}

function taskNote(
  name: string,
  { error, host, ended, probes, restartAt, state }: TaskView,
  { paint, now }: { paint: Paint; now: Date },
): string[] {
  const said = visible(error?.message ?? '')
  const again = restartAt !== null && state !== 'running'
  return [
    `${paint(`${name} on ${host}:`, 'bold')} ${again ? `${sentence(said)} It starts again ${until(restartAt, now)}.` : said}`,
    ...(error?.hint === undefined ? [] : [`  ${visible(error.hint)}`]),
    ...quotedLines('probe', (probes.at(-1)?.output ?? '').split('\n'), paint),
    ...quotedLines('log', ended?.log ?? [], paint),
  ]
}

/** Tools end what they say without a full stop. */
function sentence(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`
}
