import type { Action } from '../../schemas/action.ts'
import type { ReportOf } from '../../schemas/report.ts'
import { jobId } from './job-id.ts'

/** A job that its host will never take. */
export interface Refusal {
  code: string
  message: string
  /** ISO time at which it was heard. */
  at: string
}

export interface Refusals {
  note(outcome: ReportOf<'outcome'>, now: Date): void
  /** The last answer to the job for an action, if that was a refusal. */
  of(host: string, action: Action): Refusal | undefined
}

const KEPT = 1_000

/** Remembers, in memory, the jobs that hosts refuse for good: a job that is lost by that is sent again, and refused again. */
export function createRefusals(): Refusals {
  const refusals = new Map<string, Refusal>()
  return {
    note({ host, jobId: id, ok, error }, now) {
      const key = `${host}/${id}`
      refusals.delete(key)
      if (ok || error?.final !== true) return
      const message = [error.message, error.hint].filter(Boolean).join(' ')
      refusals.set(key, { code: error.code, message, at: now.toISOString() })
      const [oldest] = refusals.keys()
      if (refusals.size > KEPT && oldest !== undefined) refusals.delete(oldest)
    },
    of: (host, action) => refusals.get(`${host}/${jobId(action)}`),
  }
}
