import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import { slotName } from '../../schemas/slot.ts'
import type { Clock } from '../clock.ts'
import type { ProbeTask } from '../health/probe/probe.ts'
import { type Entry, serves } from './entry.ts'
import type { Journal } from './journal/journal.ts'
import { createKeeper, isFleeting } from './journal/keeper.ts'
import { type Next, next, ranFor } from './next.ts'
import type { Publisher } from './publisher.ts'
import { createConditions } from './run/conditions.ts'
import type { Ended, TaskContext } from './run/context.ts'
import { type Effects, factsOfError, type Leftover } from './run/effects.ts'
import { createHealthWatch, type WatchHealth } from './run/health-watch.ts'
import { createProcess } from './run/process.ts'
import { createRoom } from './run/room.ts'
import { createSleep } from './run/sleep.ts'
import { kill, stop } from './run/stopping.ts'
import { type Event, step } from './step.ts'

/** Runs one task: asks `next` what to do, does it, and tells `step` how it went, until the task is gone. */
export interface Runner extends Pick<TaskContext, 'entry' | 'send' | 'until'> {
  /** The container has ended. */
  exited(exit: Ended): Promise<void>
  /** Resolves once nothing is left of the task. */
  gone: Promise<void>
  begin(): void
  /** Stops watching and leaves the container as it is. */
  close(): void
}

export interface RunnerDeps {
  effects: Effects
  journal: Journal
  publisher: Publisher
  watchHealth: WatchHealth
  probe: ProbeTask
  clock: Clock
  log: Log
  /** What may be there of the container at the first start. */
  leftover: Leftover
  /** Asks that these tasks be removed; resolves when they are gone. */
  makeRoom: (ids: string[]) => Promise<void>
  onChange: (entry: Entry) => void
}

/** Milliseconds until the next try after a step failed in a way that nobody foresaw. */
const AFTER_SURPRISE = 1_000

/** Takes a task up where its entry stands; nothing is done before `begin`. */
export function createRunner(first: Entry, deps: RunnerDeps): Runner {
  const { effects, publisher, clock, log } = deps
  const { id } = first.task
  const keeper = createKeeper(id, deps)
  const conditions = createConditions()
  const { sleep, wake } = createSleep(clock)
  const health = createHealthWatch({
    watchHealth: deps.watchHealth,
    probe: deps.probe,
    onChange: (seen, probes) => send({ type: 'health', health: seen, probes }),
  })
  const context: TaskContext = { id, entry: () => entry, send, until, sleep, effects, publisher, clock, log }
  const process = createProcess(context, { leftover: deps.leftover, accept: keeper.accept })
  const makeRoom = createRoom(context, deps.makeRoom)
  const gone = Promise.withResolvers<void>()
  let entry = first
  /** When the process was started, by the clock that nobody sets. */
  let started = clock.uptime() - ranFor(first, clock.now())
  let isGone = false
  let closed = false

  return {
    entry: () => entry,
    send,
    until,
    exited: process.exited,
    gone: gone.promise,
    begin() {
      health.follow(entry)
      void live()
    },
    close() {
      closed = true
      health.stop()
      wake()
    },
  }

  async function live(): Promise<void> {
    while (!closed && !isGone) {
      const before = entry
      const todo = next(before, clock.now(), clock.uptime() - started)
      try {
        await perform(todo)
        if (entry === before && isStep(todo) && !isGone) throw new Error('nothing has changed by it')
      } catch (error) {
        log.error({ task: id, doing: todo.do, problem: messageOf(error) }, 'A step of a task failed')
        await sleep(clock.now() + AFTER_SURPRISE)
      }
    }
  }

  async function perform(todo: Next): Promise<void> {
    switch (todo.do) {
      case 'wait':
        return sleep(todo.until)
      case 'prepare':
        return prepare()
      case 'makeRoom':
        return makeRoom(todo.ids)
      case 'start':
        return process.start()
      case 'stop':
        return stop(context, todo.why)
      case 'kill':
        return kill(context)
      case 'remove':
        return remove()
    }
  }

  async function prepare(): Promise<void> {
    send({ type: 'preparing' })
    keeper.accept(entry).catch(() => {}) // goes on beside the preparation; looked at before the start
    const cancelled = until(isNotPreparing)
    const tell = (message: string) => send({ type: 'waits', message })
    const event = await effects.prepare(entry, { cancelled, tell })
    if (event && entry.wanted === 'run') send(event)
  }

  async function remove(): Promise<void> {
    try {
      await effects.remove(entry)
      await keeper.forget()
    } catch (error) {
      log.warn({ task: id, problem: messageOf(error) }, 'A task could not be removed; trying again')
      return send({ type: 'removalFailed', error: factsOfError(error, 'RUNTIME_FAILED') })
    }
    isGone = true
    conditions.gone()
    gone.resolve()
  }

  function until(condition: (entry: Entry) => boolean): Promise<Entry | undefined> {
    return isGone ? Promise.resolve(undefined) : conditions.until(entry, condition)
  }

  function send(event: Event): void {
    const before = entry
    entry = step(before, event, clock.now())
    if (entry === before || closed) return
    if (entry.status.startedAt !== before.status.startedAt) started = clock.uptime()
    logState(before, entry, log)
    keeper.save(entry, event)
    health.follow(entry)
    if (serves(before) !== serves(entry)) publisher.request()
    conditions.look(entry)
    deps.onChange(entry)
    wake()
  }
}

function isStep(todo: Next): boolean {
  return todo.do !== 'wait' && todo.do !== 'makeRoom'
}

function isNotPreparing({ wanted, status }: Entry): boolean {
  return wanted !== 'run' || status.state !== 'preparing'
}

function logState(before: Entry, { task, status }: Entry, log: Log): void {
  const { state, run, error, exitCode, restartAt } = status
  if (before.status.state === state && before.status.run === run) return
  const fields = { task: task.id, service: slotName(status), state, run }
  if (state === 'failed' || state === 'rejected') {
    log.warn({ ...fields, ...error, exitCode, restartAt }, 'A task has failed')
  } else if (isFleeting(state)) log.debug(fields, 'A task moves on')
  else log.info(fields, 'A task has a new state')
}
