import { constants } from 'node:os'
import type { ErrorFacts } from '../../schemas/error.ts'
import { slotName } from '../../schemas/slot.ts'
import { lastProbe, type Probe, type TaskState, type TaskStatus } from '../../schemas/task.ts'
import { iso } from '../clock.ts'
import type { Exit } from '../runtime/runtime.ts'
import type { Entry } from './entry.ts'
import { GOOD_RUN, restartDelay } from './restart.ts'

/** The end of a process that SIGKILL has ended, where nobody tells more. */
export const KILLED = { exitCode: 137, oomKilled: false }

/** A task whose run has failed: the failure is counted and its restart policy asked. */
export function failed(entry: Entry, failure: { error: ErrorFacts; logTail: string[] }, now: number): Entry {
  const status = { ...entry.status, failures: entry.status.failures + 1, ...failure }
  return afterRun(withState({ ...entry, status }, 'failed', now), true, now)
}

/** A task whose process has ended by itself with exit code 0. */
export function completed(entry: Entry, now: number): Entry {
  return afterRun(withState(entry, 'complete', now), false, now)
}

/** The entry with its state set. */
export function withState(entry: Entry, state: TaskState, now: number): Entry {
  return { ...entry, status: { ...entry.status, state, since: iso(now) } }
}

/** The status without what is kept of the end of the run before: of two ends there is to be no mixture. */
export function withoutEnd(status: TaskStatus): TaskStatus {
  const { exitCode: _code, endedAt: _at, signal: _signal, oomKilled: _oom, ...rest } = status
  const { error: _error, logTail: _tail, ...known } = rest
  return known
}

/** What is kept of the end of a run; `now` in milliseconds since 1970. */
export function howItEnded(
  { exitCode, oomKilled }: Pick<Exit, 'exitCode' | 'oomKilled'>,
  now: number,
): Pick<TaskStatus, 'exitCode' | 'endedAt' | 'signal' | 'oomKilled'> {
  const signal = signalOf(exitCode)
  return { exitCode, endedAt: iso(now), ...(signal && { signal }), ...(oomKilled && { oomKilled }) }
}

/** The signal that ended a process, as shells and conmon tell it: 128 and its number. */
function signalOf(exitCode: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0]
}

/** Why a run counts as failed, in a sentence for the person on call. */
export function exitError(entry: Entry, exit: Pick<Exit, 'exitCode' | 'oomKilled'>): ErrorFacts {
  const name = slotName(entry.task)
  if (entry.stop?.why === 'late') return late(name, entry.replaces?.healthDeadline ?? 0)
  if (entry.stop?.why === 'unhealthy') return unhealthy(name, lastProbe(entry.status))
  if (exit.oomKilled) return outOfMemory(name, entry.task.container.resources.memory)
  const signal = signalOf(exit.exitCode)
  const ended = `${name} exited with code ${exit.exitCode}`
  return { code: 'TASK_EXITED', message: signal ? `${ended}, as ${signal} ends a program.` : `${ended}.` }
}

/** Plans the next run, if there is to be one. A task that has not yet taken the place of another is given up instead. */
function afterRun(entry: Entry, hasFailed: boolean, now: number): Entry {
  if (entry.replaces?.order === 'start-first') return { ...entry, wanted: 'ended' }
  const streak = lasted(entry, now) >= GOOD_RUN ? 0 : entry.streak
  const restarts = entry.restarts.map((at) => Date.parse(at))
  const policy = entry.task.container.restart
  const delay = restartDelay(policy, { failed: hasFailed, streak, restarts, now })
  if (delay === undefined) return { ...entry, streak }
  return {
    ...entry,
    streak: streak + 1,
    restarts: policy.maxAttempts ? [...entry.restarts, iso(now + delay)].slice(-policy.maxAttempts) : [],
    status: { ...entry.status, restartAt: iso(now + delay) },
  }
}

function lasted(entry: Entry, now: number): number {
  return entry.status.startedAt === undefined ? 0 : now - Date.parse(entry.status.startedAt)
}

function late(name: string, limit: number): ErrorFacts {
  return {
    code: 'DEADLINE_PASSED',
    message: `${name} did not serve within ${limit} ms of its start, so the task that it was to replace stays.`,
  }
}

function unhealthy(name: string, probe: Probe | undefined): ErrorFacts {
  const said = probe?.output.trim()
  const end = probe === undefined ? '' : `: its last probe ended with code ${probe.exitCode}`
  return { code: 'HEALTH_FAILED', message: `${name} is unhealthy${end}${said ? `: ${said}` : '.'}` }
}

function outOfMemory(name: string, limit: number | undefined): ErrorFacts {
  return {
    code: 'TASK_EXITED',
    message: `${name} was killed for lack of memory${limit ? ` (its limit is ${limit} bytes)` : ''}.`,
    hint: 'Raise deploy.resources.limits.memory, or find out what made it grow.',
  }
}
