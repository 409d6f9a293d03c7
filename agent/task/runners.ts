import type { Task } from '../../schemas/task.ts'
import type { Clock } from '../clock.ts'
import { type Entry, newEntry, type Replacement } from './entry.ts'
import { begun, notRejected } from './outcome.ts'
import type { Runner } from './runner.ts'

/** The runners of this host, one for each task, from when it is taken on until nothing is left of it. */
export interface Runners {
  get(id: string): Runner | undefined
  all(): Runner[]
  entries(): Entry[]
  /** Takes tasks on where their entries stand. None begins before all are there: some share what others have. */
  takeUp(entries: Entry[]): Runner[]
  /**
   * Takes a task on, unless it is there, and has it run in place of others. Resolves as `Tasks.run` does.
   * @param replaces null: of no others
   */
  want(task: Task, replaces: Replacement | null): Promise<void>
  /** Has these tasks removed, as many as are there; resolves when they are gone. */
  makeRoom(ids: string[]): Promise<void>
  /** Stops watching and leaves the containers as they are. */
  close(): void
}

interface RunnersOptions {
  /** Makes the runner of a task, which does nothing before it is told to begin. */
  create(entry: Entry): Runner
  onTaken(id: string): void
  onGone(id: string): void
  clock: Clock
}

export function createRunners({ create, onTaken, onGone, clock }: RunnersOptions): Runners {
  const runners = new Map<string, Runner>()
  const all = () => [...runners.values()]

  return {
    get: (id) => runners.get(id),
    all,
    entries: () => all().map((runner) => runner.entry()),

    takeUp(entries) {
      const taken = entries.map(take)
      for (const runner of taken) runner.begin()
      return taken
    },

    async want(task, replaces) {
      const present = runners.get(task.id)
      if (present?.entry().wanted === 'removed') await present.gone
      const room = replaces?.ids.some((id) => runners.has(id)) ? replaces : null
      const known = runners.get(task.id)
      const wasWanted = known?.entry().wanted === 'run'
      if (known && (room || !wasWanted)) known.send({ type: 'wanted', replaces: room })
      const runner = known ?? take(newEntry(task, room, clock.now()))
      if (!known) runner.begin()
      return wasWanted ? notRejected(runner.entry()) : begun(runner)
    },

    async makeRoom(ids) {
      const others = ids.flatMap((id) => runners.get(id) ?? [])
      for (const runner of others) runner.send({ type: 'removeWanted' })
      await Promise.all(others.map(({ gone }) => gone))
    },

    close() {
      for (const runner of runners.values()) runner.close()
    },
  }

  function take(entry: Entry): Runner {
    const { id } = entry.task
    const runner = create(entry)
    runners.set(id, runner)
    onTaken(id)
    void runner.gone.then(() => {
      runners.delete(id)
      onGone(id)
    })
    return runner
  }
}
