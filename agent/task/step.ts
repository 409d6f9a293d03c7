import type { ErrorFacts } from '../../schemas/error.ts'
import { type Health, isTerminal, type Probe, type TaskFacts, type TaskState } from '../../schemas/task.ts'
import { iso } from '../clock.ts'
import type { Attachment } from '../network/networks.ts'
import type { Exit } from '../runtime/runtime.ts'
import { completed, exitError, failed, howItEnded, withoutEnd, withState } from './ended.ts'
import type { Entry, Prepared, Replacement, StopReason } from './entry.ts'
import { retryDelay } from './restart.ts'

/** What happened to a task: it was asked for, an effect was begun or done, or something was seen. */
export type Event =
  | { type: 'wanted'; replaces: Replacement | null }
  | { type: 'removeWanted' }
  | { type: 'repairWanted' }
  | { type: 'preparing' }
  | {
      type: 'prepared'
      prepared: Prepared
      addresses: Attachment['addresses']
      addresses6?: Attachment['addresses6'] | undefined
      subnets?: Attachment['subnets'] | undefined
      /** The ports as they are published. */
      ports?: string[]
    }
  /** What is to be known of a preparation that takes long. */
  | { type: 'waits'; message: string }
  | { type: 'rejected'; error: ErrorFacts }
  | { type: 'roomMade' }
  | { type: 'starting' }
  | { type: 'started'; pid: number; at: string; facts: TaskFacts; joined?: string | undefined }
  | { type: 'startFailed'; error: ErrorFacts; logTail: string[] }
  | { type: 'stopping'; why: StopReason }
  | { type: 'signalled' }
  | { type: 'removalFailed'; error: ErrorFacts }
  | { type: 'health'; health: Health; probes?: Probe[] }
  | { type: 'exited'; exit: Pick<Exit, 'exitCode' | 'oomKilled'>; logTail: string[] }
  /** After a reboot, or when somebody took it all away: nothing is left of what was set up. */
  | { type: 'gone' }

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

/** The states in which an event means something; in any other it comes too late and changes nothing. */
const COUNTS_IN: Partial<Record<Event['type'], TaskState[]>> = {
  waits: ['preparing'],
  prepared: ['preparing'],
  rejected: ['preparing', 'ready', 'complete', 'failed', 'rejected'],
  started: ['starting'],
  startFailed: ['starting'],
  stopping: ['running'],
  health: ['running'],
  exited: ['running'],
}

/**
 * What a task becomes by an event: SwarmKit's `exec.Do` as a pure function of values. Before `starting` a failure is
 * a rejection, from there on a failure of the run; within one run the state only grows.
 */
export function step(entry: Entry, event: Event, now: number): Entry {
  if (COUNTS_IN[event.type]?.includes(entry.status.state) === false) return entry
  const next = after(entry, event, now)
  const isOver = next.status.state !== 'preparing' && next.status.message !== undefined
  return isOver ? { ...next, status: without(next.status, 'message') } : next
}

function after(entry: Entry, event: Event, now: number): Entry {
  switch (event.type) {
    case 'wanted':
      return wantedAgain(entry, event.replaces, now)
    case 'removeWanted':
      return { ...without(entry, 'retryAt'), wanted: 'removed', replaces: null }
    case 'repairWanted':
      return repairWanted(entry, now)
    case 'preparing':
      return intoRun(entry, 'preparing', now)
    case 'waits':
      return { ...entry, status: { ...entry.status, message: event.message } }
    case 'prepared':
      return prepared(entry, event, now)
    case 'rejected':
      return rejected(entry, event.error, now)
    case 'roomMade':
      return { ...entry, replaces: null }
    case 'starting':
      return intoRun(entry, 'starting', now)
    case 'started':
      return started(entry, event, now)
    case 'startFailed':
      return failed({ ...entry, prepared: null }, { error: event.error, logTail: event.logTail }, now)
    case 'stopping':
      return { ...entry, stop: { why: event.why } }
    case 'signalled':
      return signalled(entry, now)
    case 'removalFailed':
      return removalFailed(entry, event.error, now)
    case 'health':
      return probed(entry, event)
    case 'exited':
      return exited(entry, event, now)
    case 'gone':
      return gone(entry, now)
  }
}

function wantedAgain(entry: Entry, replaces: Replacement | null, now: number): Entry {
  if (entry.wanted === 'run') return { ...entry, replaces: replaces ?? entry.replaces }
  return anew({ ...entry, wanted: 'run', replaces, streak: 0, rejections: 0, restarts: [] }, now)
}

function repairWanted(entry: Entry, now: number): Entry {
  if (entry.status.state === 'running')
    return entry.stop || entry.notKnown ? entry : { ...entry, stop: { why: 'repair' } }
  if (entry.status.restartAt === undefined) return entry
  return { ...entry, prepared: null, status: { ...entry.status, restartAt: iso(now) } }
}

/** Goes on to a state; from an ended run into the next one. */
function intoRun(entry: Entry, state: TaskState, now: number): Entry {
  const run = isTerminal(entry.status.state) ? entry.status.run + 1 : entry.status.run
  // without `startedAt`: what fails before its process starts has not lasted as long as the run before
  const { restartAt: _restartAt, pid: _pid, startedAt: _startedAt, ...status } = entry.status
  return { ...entry, stop: null, status: { ...status, run, state, health: 'none', since: iso(now) } }
}

/** Into a new run for which everything is made again: no restart of its policy, and the run before has not failed. */
function anew(entry: Entry, now: number): Entry {
  const renewals = (entry.status.renewals ?? 0) + 1
  const status = { ...without(entry.status, 'error'), renewals }
  return intoRun(
    withState({ ...entry, prepared: null, facts: null, status }, 'complete', now),
    'assigned',
    now,
  )
}

function prepared(entry: Entry, event: EventOf<'prepared'>, now: number): Entry {
  const { addresses6: _before, subnets: _subnets, ports: _ports, ...known } = entry.status
  const status = entry.rejections > 0 ? without(known, 'error') : known
  const { addresses, addresses6, subnets = {}, ports = [] } = event
  return {
    ...entry,
    prepared: event.prepared,
    rejections: 0,
    status: {
      ...status,
      state: 'ready',
      since: iso(now),
      addresses,
      ...(addresses6 && { addresses6 }),
      ...(Object.keys(subnets).length > 0 && { subnets }),
      ...(ports.length > 0 && { ports }),
    },
  }
}

function rejected(entry: Entry, error: ErrorFacts, now: number): Entry {
  const rejections = entry.rejections + 1
  const status = { ...entry.status, error, restartAt: iso(now + retryDelay(rejections)) }
  return withState({ ...entry, prepared: null, rejections, status }, 'rejected', now)
}

function started(entry: Entry, event: EventOf<'started'>, now: number): Entry {
  const health = entry.prepared?.healthcheck ? 'starting' : 'none'
  const { probes: _ofRunBefore, ...before } = entry.status
  const status = { ...before, pid: event.pid, startedAt: event.at, health } as const
  const { joined } = event
  return withState({ ...entry, ...(joined && { joined }), facts: event.facts, status }, 'running', now)
}

function signalled(entry: Entry, now: number): Entry {
  const killAt = iso(now + entry.task.container.stopGracePeriod)
  return entry.stop ? { ...entry, stop: { ...entry.stop, killAt } } : entry
}

function removalFailed(entry: Entry, error: ErrorFacts, now: number): Entry {
  const rejections = entry.rejections + 1
  const retryAt = iso(now + retryDelay(rejections))
  return { ...entry, rejections, retryAt, status: { ...entry.status, error } }
}

function probed(entry: Entry, { health, probes }: EventOf<'health'>): Entry {
  const status = { ...entry.status, health, ...(probes && { probes }) }
  const stop =
    health === 'unhealthy' && !entry.notKnown ? (entry.stop ?? { why: 'unhealthy' as const }) : entry.stop
  return { ...entry, status, stop }
}

function exited(entry: Entry, { exit, logTail }: EventOf<'exited'>, now: number): Entry {
  const known = withoutEnd(without(entry.status, 'pid'))
  const probes = entry.stop === null && known.probes ? { probes: beforeEnd(known.probes, now) } : {}
  const status = { ...known, ...probes, ...howItEnded(exit, now) }
  const ended: Entry = { ...entry, stop: null, status }
  if (entry.wanted === 'removed') return withState(ended, 'removed', now)
  if (entry.stop?.why === 'repair') return anew(ended, now)
  if (entry.stop === null && exit.exitCode === 0 && !exit.oomKilled) return completed(ended, now)
  return failed(ended, { error: exitError(entry, exit), logTail }, now)
}

/** Milliseconds before its end in which a process that ended by itself may have been ending. */
const LAST_MOMENT = 1_000

/** Without what failed because the process was ending: it says nothing of why. */
function beforeEnd(probes: Probe[], now: number): Probe[] {
  return probes.filter(({ exitCode, at }) => exitCode === 0 || Date.parse(at) < now - LAST_MOMENT)
}

function gone(entry: Entry, now: number): Entry {
  if (entry.wanted === 'run' && !isTerminal(entry.status.state)) return anew(entry, now)
  const state = entry.wanted === 'removed' ? 'removed' : entry.status.state
  return withState({ ...entry, prepared: null, stop: null }, state, now)
}

function without<T extends object, K extends keyof T>(value: T, key: K): T {
  const { [key]: _, ...rest } = value
  return rest as T
}
