import type { Report, Snapshot } from '../../schemas/report.ts'
import type { TaskStatus } from '../../schemas/task.ts'
import { REPORTS, SNAPSHOTS } from '../../schemas/wire.ts'
import { aHost, aStatus } from './builders.ts'
import { aTask } from './jobs.ts'
import type { TestRedis } from './redis.ts'

export interface ReportingAgent {
  /** Its next observation, without sending it. */
  look(): { host: string; boot: string; sequence: number; at: string }
  snapshot(tasks: TaskStatus[], rest?: Partial<Snapshot>): Promise<void>
  delta(tasks: TaskStatus[], gone?: string[]): Promise<void>
  outcome(jobId: string): Promise<void>
  send(report: Report): Promise<void>
}

/** Reports as an agent does, in one life of it. */
export function reportsOf(redis: TestRedis, host: string, boot = `${host}-boot`): ReportingAgent {
  let sequence = 0
  const look = () => ({ host, boot, sequence: ++sequence, at: new Date().toISOString() })
  const send = async (report: Report) =>
    void (await redis.client.xadd(REPORTS, '*', 'report', JSON.stringify(report)))
  return {
    look,
    send,
    snapshot: async (tasks, rest = {}) => {
      const { boot, sequence, at } = look()
      const snapshot: Snapshot = { host: aHost(host).info, boot, sequence, at, tasks, strays: [], ...rest }
      await redis.client.hset(SNAPSHOTS, host, JSON.stringify(snapshot))
      await send({ kind: 'snapshot', host, boot: snapshot.boot, sequence: snapshot.sequence, at })
    },
    delta: (tasks, gone = []) => send({ kind: 'delta', ...look(), tasks, gone }),
    outcome: (jobId) => send({ kind: 'outcome', ...look(), jobId, ok: true }),
  }
}

/** The status of a task of stack `web` on a host. */
export function aSeen(id: string, host: string, status: Partial<TaskStatus> = {}): TaskStatus {
  return aStatus(aTask(id, { host }), status)
}
