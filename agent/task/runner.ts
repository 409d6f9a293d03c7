import { errorFacts } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { TaskState } from '../../schemas/task.ts'
import type { Clock } from '../clock.ts'
import type { ProbeTask } from '../health/probe/probe.ts'
import type { Exit } from '../runtime/runtime.ts'
import { type Effects, factsOfError, type Leftover } from './effects.ts'
import { type Entry, type StopReason, serves } from './entry.ts'
import { createHealthWatch, type WatchHealth } from './health-watch.ts'
import type { Journal } from './journal.ts'
import { type Next, next } from './next.ts'
import type { Publisher } from './publisher.ts'
import { type Event, step } from './step.ts'
import { createWaiters } from './waiters.ts'

/** Runs one task: asks `next` what to do, does it, and tells `step` how it went, until the task is gone. */
export interface Runner {
  entry(): Entry
  /** Tells what happened; the task goes on from there. */
  send(event: Event): void
  /** The container has ended; `at` (ISO time) tells to which run that belongs, absent: the present one. */
  exited(exit: Ended): Promise<void>
  /** Resolves with the entry as soon as it is as asked, or undefined when the task is gone first. */
  until(condition: (entry: Entry) => boolean): Promise<Entry | undefined>
  /** Resolves once nothing is left of the task. */
  gone: Promise<void>
  begin(): void
  /** Stops watching and leaves the container as it is. */
  close(): void
}

export type Ended = Pick<Exit, 'exitCode' | 'oomKilled'> & Partial<Pick<Exit, 'at'>>

export interface RunnerDeps {
  effects: Effects
  journal: Journal
  publisher: Publisher
  watchHealth: WatchHealth
  probe: ProbeTask
  clock: Clock
  log: Log
  /** Asks that these tasks be removed; resolves when they are gone. */
  makeRoom: (ids: string[]) => Promise<void>
  onChange: (entry: Entry) => void
}

/** States that need no line in the journal: after a crash the run simply begins again. */
const FLEETING: TaskState[] = ['preparing', 'ready', 'starting']
/** Milliseconds until the next try after a step failed in a way that nobody foresaw. */
const AFTER_SURPRISE = 1_000
/** Milliseconds between two looks whether traffic reaches a task. */
const NEXT_LOOK = 1_000
/**
 * Milliseconds between the last connection that was led to a task and its stop signal: what was under way by then is
 * taken by the process, which a signal could keep from it, and who had just asked for its address gets through.
 */
const LAST_CONNECTIONS = 100
/** Milliseconds until an exit that nobody told of is taken for granted after SIGKILL. */
const KILL_WAIT = 5_000
/** An exit that is older than the start by more milliseconds is one of the run before (file times are coarse). */
const COARSE = 20
const KILLED = { exitCode: 137, oomKilled: false }

function isNotPreparing({ wanted, status }: Entry): boolean {
  return wanted !== 'run' || status.state !== 'preparing'
}

function isOfThisRun({ at }: Ended, { status }: Entry): boolean {
  if (at === undefined || status.startedAt === undefined) return true
  return Date.parse(at) >= Date.parse(status.startedAt) - COARSE
}

/** Takes a task up where its entry stands; nothing is done before `begin`. */
export function createRunner(first: Entry, deps: RunnerDeps & { leftover: Leftover }): Runner {
  const { effects, journal, publisher, clock } = deps
  const { id } = first.task
  const waiters = createWaiters()
  const gone = Promise.withResolvers<void>()
  const health = createHealthWatch({
    watchHealth: deps.watchHealth,
    probe: deps.probe,
    onChange: (seen, probes) => send({ type: 'health', health: seen, probes }),
  })
  let entry = first
  let leftover = deps.leftover
  let accepted: Promise<void> | undefined
  let early: Ended | undefined
  let makingRoom = false
  let isGone = false
  let closed = false
  let wake = () => {}

  return {
    entry: () => entry,
    send,
    exited,
    gone: gone.promise,
    until: (condition) => (isGone ? Promise.resolve(undefined) : waiters.until(entry, condition)),
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
      const todo = next(entry, clock.now())
      try {
        await perform(todo)
      } catch (error) {
        deps.log.error({ task: id, doing: todo.do, error: String(error) }, 'A step of a task failed')
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
        return start()
      case 'stop':
        return stop(todo.why)
      case 'kill':
        return kill()
      case 'remove':
        return remove()
    }
  }

  async function prepare(): Promise<void> {
    send({ type: 'preparing' })
    accept().catch(() => {}) // goes on beside the preparation; looked at before the start
    const cancelled = waiters.until(entry, isNotPreparing)
    const tell = (message: string) => send({ type: 'waits', message })
    const event = await effects.prepare(entry, { cancelled, tell })
    if (event && entry.wanted === 'run') send(event)
  }

  async function start(): Promise<void> {
    try {
      await accept()
    } catch (error) {
      accepted = undefined
      return send({ type: 'rejected', error: errorFacts(error, 'DISK_FULL') })
    }
    send({ type: 'starting' })
    const before = leftover
    leftover = 'ended'
    early = undefined
    send(await effects.start(entry, before))
    if (early) await exited(early)
  }

  /** What is to run is on disk before it does. */
  function accept(): Promise<void> {
    accepted ??= journal.save(entry, { durable: true })
    return accepted
  }

  async function stop(why: StopReason): Promise<void> {
    const isReached = publisher.leadsTo(id) && entry.task.container.networks.length > 0
    send({ type: 'stopping', why })
    await publisher.flush() // no traffic to a process that is told to end
    if (isReached && why !== 'unhealthy') await pause(LAST_CONNECTIONS)
    if (entry.status.state !== 'running') return
    send({ type: 'signalled' })
    await effects.stop(entry)
  }

  async function kill(): Promise<void> {
    const ended = waiters.until(entry, ({ status }) => status.state !== 'running')
    const cancel = clock.after(KILL_WAIT, () => send({ type: 'exited', exit: KILLED, logTail: [] }))
    await effects.kill(entry)
    await ended
    cancel()
  }

  async function remove(): Promise<void> {
    try {
      await effects.remove(entry)
      await journal.forget(id)
    } catch (error) {
      deps.log.warn({ task: id, error: String(error) }, 'A task could not be removed; trying again')
      return send({ type: 'removalFailed', error: factsOfError(error, 'RUNTIME_FAILED') })
    }
    isGone = true
    waiters.gone()
    gone.resolve()
  }

  /** Waits for room without standing still: whatever happens to this task meanwhile is looked at. */
  async function makeRoom(ids: string[]): Promise<void> {
    const before = entry
    const mayGo = makingRoom || (await isReached())
    if (entry !== before) return
    if (!mayGo) return sleep(clock.now() + NEXT_LOOK)
    if (!makingRoom) {
      makingRoom = true
      void deps.makeRoom(ids).then(() => {
        makingRoom = false
        send({ type: 'roomMade' })
      })
    }
    return sleep()
  }

  /** False for a task that is to serve before others go, as long as its ports lead elsewhere. */
  async function isReached(): Promise<boolean> {
    if (entry.replaces?.order !== 'start-first' || entry.task.container.ports.length === 0) return true
    await publisher.flush()
    return publisher.leadsTo(id)
  }

  async function exited(exit: Ended): Promise<void> {
    const { run, state } = entry.status
    // Whether it is the process that is being started or what was left of the one before is known once it is started.
    if (state === 'starting') early = exit
    if (state !== 'running' || !isOfThisRun(exit, entry)) return
    const why = entry.stop?.why
    const failed = why === undefined ? exit.exitCode !== 0 : why === 'unhealthy' || why === 'late'
    const logTail = failed ? await effects.logTail(id) : []
    if (entry.status.run === run) send({ type: 'exited', exit, logTail })
  }

  function send(event: Event): void {
    const before = entry
    entry = step(before, event, clock.now())
    if (entry === before || closed) return
    tell(before)
    save(event)
    health.follow(entry)
    if (serves(before) !== serves(entry)) publisher.request()
    waiters.look(entry)
    deps.onChange(entry)
    wake()
  }

  function save(event: Event): void {
    if (FLEETING.includes(entry.status.state) && entry.wanted === 'run') return
    const durable = event.type === 'started' || event.type === 'removeWanted'
    journal.save(entry, { durable }).catch((error) => {
      deps.log.error({ task: id, error: String(error) }, 'The journal of a task cannot be written')
    })
  }

  function tell(before: Entry): void {
    const { state, run, error, exitCode, restartAt, service, stack, slot } = entry.status
    if (before.status.state === state && before.status.run === run) return
    const fields = { task: id, service: `${stack}/${service}.${slot}`, state, run }
    if (state === 'failed' || state === 'rejected') {
      deps.log.warn({ ...fields, ...error, exitCode, restartAt }, 'A task has failed')
    } else if (FLEETING.includes(state)) deps.log.debug(fields, 'A task moves on')
    else deps.log.info(fields, 'A task has a new state')
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => void clock.after(ms, resolve))
  }

  /** Until something happens, or the time (ms) comes. */
  function sleep(until?: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = until === undefined ? () => {} : clock.after(until - clock.now(), () => wake())
      wake = () => {
        wake = () => {}
        cancel()
        resolve()
      }
    })
  }
}
