import { errorFacts } from '../../schemas/error.ts'
import { type LocatedTask, type Observed, tasksOf } from '../../schemas/fleet.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import { FRAME, jsonOf } from '../../schemas/session/frames.ts'
import type { ProcessLine } from '../../schemas/session/request.ts'
import type { ProcessesDocument, StackProcessesDocument } from '../api/access.ts'
import { ask } from '../session/ask.ts'
import { askAll } from '../session/ask-all.ts'
import { findTarget } from '../session/target.ts'

export interface ProcessesDeps {
  observed: () => Observed
  /** A session that asks a task for its processes. */
  open: (target: LocatedTask) => Promise<Channel>
  /** @throws SetpointError STACK_NOT_FOUND */
  checkStack: (stack: string) => unknown
}

/** Tasks that are asked at one time. */
const AT_ONCE = 16

/** Milliseconds that a host has to read the processes of a task. */
const DEADLINE = 10_000

export interface Processes {
  processes(name: string): Promise<ProcessesDocument>
  stackProcesses(stack: string): Promise<StackProcessesDocument>
}

/** The processes of tasks, which their hosts are asked for. */
export function createProcesses(deps: ProcessesDeps): Processes {
  return {
    async processes(name) {
      const target = findTarget(deps.observed(), name)
      return { taskId: target.task.id, ...(await processesOf(deps, target)) }
    },
    stackProcesses: (stack) => ofStack(deps, stack),
  }
}

async function ofStack(deps: ProcessesDeps, stack: string): Promise<StackProcessesDocument> {
  deps.checkStack(stack)
  const running = tasksOf(deps.observed(), stack)
    .filter(({ task }) => task.state === 'running')
    .sort(bySlot)
  const missing: StackProcessesDocument['missing'] = []
  const tasks = await askAll(
    running,
    async (located) => ({ ...placeOf(located), ...(await processesOf(deps, located)) }),
    {
      atOnce: AT_ONCE,
      missed(located, error) {
        const host = located.host.info.name
        missing.push({ ...placeOf(located), host, error: errorFacts(error, 'SESSION_LOST') })
      },
    },
  )
  return { stack, tasks, missing }
}

function placeOf({ task: { id: taskId, service, slot } }: LocatedTask) {
  return { taskId, service, slot }
}

async function processesOf(
  { open }: ProcessesDeps,
  target: LocatedTask,
): Promise<Pick<ProcessesDocument, 'host' | 'processes'>> {
  const host = target.host.info.name
  const said = await ask(() => open(target), { host, frame: FRAME.processes, deadline: DEADLINE })
  return { host, processes: said.flatMap((frame) => jsonOf(frame) as ProcessLine[]) }
}

function bySlot({ task: a }: LocatedTask, { task: b }: LocatedTask): number {
  return a.service.localeCompare(b.service) || a.slot - b.slot || a.id.localeCompare(b.id)
}
