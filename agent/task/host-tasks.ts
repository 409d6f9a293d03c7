import { SetpointError } from '../../schemas/error.ts'
import type { Task, TaskStatus } from '../../schemas/task.ts'
import type { ProbeTask } from '../health/probe/probe.ts'
import type { ImageUse } from '../image/collector.ts'
import type { Exit } from '../runtime/runtime.ts'
import { adoptEntry } from './adopt.ts'
import { createChanges } from './changes.ts'
import { createEffects, type EffectDeps } from './effects.ts'
import { type Entry, newEntry, type Replacement, serves } from './entry.ts'
import { createFindings, subjectOf } from './findings.ts'
import type { WatchHealth } from './health-watch.ts'
import type { Journal } from './journal.ts'
import { createPublisher } from './publisher.ts'
import { createRepair } from './repair.ts'
import { createRepairLimit } from './repair-limit.ts'
import { createRunner, type Runner } from './runner.ts'
import { createSharing } from './sharing.ts'
import { step } from './step.ts'
import { createSweeper } from './sweeper.ts'
import type { Tasks } from './tasks.ts'
import { restartUnheld } from './unheld.ts'

export interface TasksOptions extends Omit<EffectDeps, 'ownerOf' | 'joinedBy'> {
  journal: Journal
  watchHealth: WatchHealth
  probe: ProbeTask
}

/** Exit code of a process that SIGKILL has ended. */
const KILLED = 137
const BEGUN = ['running', 'complete', 'failed', 'rejected']

/** The tasks of this host, run with the parts given. */
export function createTasks(options: TasksOptions): Tasks {
  const { runtime, networks, journal, clock, log } = options
  const runners = new Map<string, Runner>()
  const sharing = createSharing({ runners, runtime, clock })
  const effects = createEffects({ ...options, ownerOf: sharing.ownerOf, joinedBy: sharing.joinedBy })
  const findings = createFindings()
  const changes = createChanges(clock, statusOf)
  const publisher = createPublisher({
    publish: (endpoints) => networks.publish(endpoints),
    serving: () => entries().filter(serves).map(endpointOf),
    onFailure() {
      for (const { task } of entries().filter(needsPorts)) changes.touch(task.id)
    },
    clock,
    log,
  })
  const sweeper = createSweeper({ ...options, entries })
  const limit = createRepairLimit({ clock, log })
  const repair = createRepair({ runtime, networks, publisher })
  runtime.onExit((exit) => {
    const runner = runners.get(exit.id)
    if (runner) void tellExit(runner, exit)
  })

  return {
    async adopt() {
      const adopted = await adoptAll(await journal.load())
      await sweep(new Set(adopted.map(({ task }) => task.id)))
      const taken = adopted.map((entry) => take(entry))
      for (const runner of taken) runner.begin()
      await publisher.flush()
      sweeper.atStart()
      const running = adopted.filter(({ status }) => status.state === 'running').length
      log.info({ tasks: adopted.length, running }, 'The tasks of this host are taken up')
    },

    async removeAll(tell) {
      const known = (await journal.load()).map((entry) => step(entry, { type: 'removeWanted' }, clock.now()))
      const adopted = await adoptAll(known)
      const taken = adopted.map((entry) => take(entry))
      for (const runner of taken) runner.begin()
      await Promise.all(
        taken.map(async (runner) => {
          const { task } = runner.entry()
          await removed(runner)
          tell(`task ${task.stack}/${task.service}.${task.slot} (${task.id})`)
        }),
      )
      const others = new Set([...(await runtime.list()).map(({ id }) => id), ...(await journal.folders())])
      for (const id of others) {
        await removeStray(id)
        tell(`container ${id}, which had no journal`)
      }
    },

    run: (task) => want(task, null),

    replace({ task, replaces, order, healthDeadline }) {
      const others = replaces.filter((id) => id !== task.id)
      return want(task, { ids: others, order, healthDeadline })
    },

    async remove(taskId) {
      const runner = runners.get(taskId)
      runner?.send({ type: 'removeWanted' })
      if (runner) await removed(runner)
    },

    async repair(taskId, fields) {
      const runner = runners.get(taskId)
      if (!runner) throw unknownTask(taskId)
      const due = limit.due(taskId, fields)
      if (due.length > 0) await repair(runner, due)
    },

    removeStray,

    list: () => entries().map(seen),
    imageUses: () => entries().map(imageUseOf),
    known: () =>
      entries().map((entry) => ({
        task: entry.task,
        status: seen(entry),
        imageRoot: entry.prepared?.image.root,
        mounts: entry.prepared?.mounts ?? [],
      })),
    onChange: changes.listen,
    published: () => publisher.flush(),
    subjects: () => entries().flatMap((entry) => subjectOf(entry) ?? []),

    found(news) {
      for (const finding of news) {
        const { id } = finding.subject
        limit.found(finding)
        if (findings.take(finding, runners.get(id)?.entry())) changes.touch(id)
      }
    },

    async vanished(taskId) {
      const runner = runners.get(taskId)
      if (!runner) return
      const { run } = runner.entry().status
      const state = await runtime.state(taskId)
      if (state?.status === 'running') return
      const { exitCode, oomKilled } = (await runtime.exitOf(taskId)) ?? { exitCode: 137, oomKilled: false }
      if (runner.entry().status.run !== run) return
      log.warn({ task: taskId, exitCode, oomKilled }, 'The process of a task is gone and nobody told of it')
      await runner.exited({ exitCode, oomKilled })
    },

    async unheld(taskId) {
      const runner = runners.get(taskId)
      if (runner) await restartUnheld(runner, { runtime, clock, log })
    },

    async close() {
      changes.close()
      sweeper.close()
      publisher.close()
      for (const runner of runners.values()) runner.close()
      await journal.idle()
    },
  }

  /** That it went with the one whose processes it had joined is no failure of its own: it is started again. */
  async function tellExit(runner: Runner, exit: Exit): Promise<void> {
    const { task } = runner.entry()
    if (typeof task.container.isolation?.pid === 'object' && exit.exitCode === KILLED && !exit.oomKilled) {
      if (await sharing.endedByOwner(task)) runner.send({ type: 'stopping', why: 'repair' })
    }
    await runner.exited(exit)
  }

  async function adoptAll(known: Entry[]): Promise<Entry[]> {
    const pids = new Map((await runtime.list()).map(({ id, pid }) => [id, pid]))
    return Promise.all(known.map((entry) => adoptOne(entry, pids.get(entry.task.id) ?? 0)))
  }

  /** A task that cannot be looked at is prepared again, and found then if it runs; it keeps no other from being adopted. */
  async function adoptOne(entry: Entry, pid: number): Promise<Entry> {
    try {
      return await adoptEntry(entry, pid, { runtime, clock })
    } catch (error) {
      log.warn(
        { task: entry.task.id, error: String(error) },
        'A task could not be looked at; it is set up again',
      )
      return step(entry, { type: 'gone' }, clock.now())
    }
  }

  /**
   * What an agent that was killed had begun for a task, or not yet taken away, and has no journal of. A container that is
   * there is a stray, which the controller is asked about; a journal that was set aside is for somebody to look at.
   */
  async function sweep(journaled: Set<string>): Promise<void> {
    const [containers, traces, halves] = await Promise.all([
      runtime.list(),
      runtime.traces(),
      journal.halves(),
    ])
    const running = containers.filter(({ pid }) => pid > 0)
    const whole = (await journal.folders()).filter((id) => !halves.includes(id))
    const kept = new Set([...journaled, ...running.map(({ id }) => id), ...whole])
    for (const id of new Set([...traces, ...halves, ...containers.map((one) => one.id)])) {
      if (kept.has(id)) continue
      log.info({ task: id }, 'What was left of a task that is not there any more is removed')
      await removeStray(id).catch((error) =>
        log.warn({ task: id, error: String(error) }, 'What was left of a task could not be removed'),
      )
    }
  }

  async function removeStray(containerId: string): Promise<void> {
    if (runners.has(containerId)) return
    await runtime.delete(containerId)
    await Promise.all([networks.detach(containerId), runtime.purge(containerId)])
    await journal.forget(containerId)
  }

  async function want(task: Task, replaces: Replacement | null): Promise<void> {
    const present = runners.get(task.id)
    if (present?.entry().wanted === 'removed') await present.gone
    const room = replaces?.ids.some((id) => runners.has(id)) ? replaces : null
    const known = runners.get(task.id)
    const wasWanted = known?.entry().wanted === 'run'
    if (!known) take(newEntry(task, room, clock.now())).begin()
    else if (!wasWanted || room) known.send({ type: 'wanted', replaces: room })
    return wasWanted ? notRejected(known.entry()) : begun(task)
  }

  async function begun(task: Task): Promise<void> {
    const entry = await runners
      .get(task.id)
      ?.until(({ status, wanted }) => wanted === 'removed' || BEGUN.includes(status.state))
    if (!entry || entry.wanted === 'removed') throw superseded(task)
    if (entry.status.state === 'failed') throw errorOf(entry)
    notRejected(entry)
  }

  function take(entry: Entry): Runner {
    const { id } = entry.task
    const runner = createRunner(entry, {
      ...{ effects, journal, publisher, clock, log, makeRoom, leftover: 'unknown' },
      watchHealth: options.watchHealth,
      probe: options.probe,
      onChange({ task }) {
        changes.touch(id)
        sharing.changed(task)
      },
    })
    runners.set(id, runner)
    changes.touch(id)
    void runner.gone.then(() => forget(id))
    return runner
  }

  function forget(id: string): void {
    runners.delete(id)
    findings.forget(id)
    limit.forget(id)
    changes.touch(id)
    sweeper.afterTask()
  }

  async function makeRoom(ids: string[]): Promise<void> {
    const others = ids.flatMap((id) => runners.get(id) ?? [])
    for (const runner of others) runner.send({ type: 'removeWanted' })
    await Promise.all(others.map(({ gone }) => gone))
  }

  function entries(): Entry[] {
    return [...runners.values()].map((runner) => runner.entry())
  }

  function statusOf(id: string) {
    const entry = runners.get(id)?.entry()
    return entry && seen(entry)
  }

  /** A task whose ports cannot be put in force does not serve, however well its process is. */
  function seen(entry: Entry): TaskStatus {
    const status = findings.addTo(entry.status)
    const error = needsPorts(entry) ? publisher.failureOf(entry.task.id) : undefined
    return error === undefined ? status : { ...status, health: 'unhealthy', error }
  }
}

/** @throws SetpointError what stands in the way; the runner tries again all the same */
async function removed(runner: Runner): Promise<void> {
  const failed = await runner.until(({ retryAt }) => retryAt !== undefined)
  if (failed) throw errorOf(failed)
}

function needsPorts(entry: Entry): boolean {
  return entry.task.container.ports.length > 0 && serves(entry)
}

function imageUseOf({ task, prepared }: Entry): ImageUse {
  const { stack, service, container } = task
  return {
    service: `${stack}/${service}`,
    source: container.image,
    ...(prepared && { id: prepared.image.id }),
  }
}

function endpointOf({ task, status }: Entry) {
  return { task, addresses: status.addresses, addresses6: status.addresses6 }
}

function notRejected(entry: Entry): void {
  if (entry.status.state === 'rejected') throw errorOf(entry)
}

function errorOf({ status }: Entry): SetpointError {
  const { code, message, hint } = status.error ?? {
    code: 'RUNTIME_FAILED',
    message: 'The task did not start.',
  }
  return new SetpointError(code as SetpointError['code'], message, hint === undefined ? {} : { hint })
}

function superseded(task: Task): SetpointError {
  return new SetpointError('TASK_EXITED', `Task ${task.id} was removed before it ran.`)
}

function unknownTask(taskId: string): SetpointError {
  return new SetpointError('JOB_REFUSED', `There is no task ${taskId} on this host to repair.`)
}
