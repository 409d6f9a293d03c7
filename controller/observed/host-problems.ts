import type { ReportOf } from '../../schemas/report.ts'
import type { HostProblem } from '../../schemas/status.ts'

/** How long, in milliseconds, a job that went wrong is told of. */
const TOLD = 10 * 60_000

export interface HostProblems {
  note(outcome: ReportOf<'outcome'>): void
  /** The last job that a host refused, if that is not long ago. */
  of(host: string, now: Date): HostProblem | null
}

/** Remembers the last job that each host refused; what else goes wrong is told by the tasks. */
export function createHostProblems(): HostProblems {
  const problems = new Map<string, HostProblem>()
  return {
    note({ host, at, ok, error }) {
      if (!ok && error?.code === 'JOB_REFUSED')
        problems.set(host, { code: error.code, message: error.message, at })
    },
    of(host, now) {
      const problem = problems.get(host)
      return problem !== undefined && now.getTime() - Date.parse(problem.at) < TOLD ? problem : null
    },
  }
}
