/** A job that this controller has queued and that may still wait. */
export interface UnderWay {
  id: string
  host: string
  stack: string | undefined
  /** Milliseconds since 1970 after which the agent must not begin it. */
  deadline: number
}

export interface UnderWayList {
  note(job: UnderWay): void
  forget(job: UnderWay): void
  ofStack(stack: string): UnderWay[]
  ofHost(host: string): UnderWay[]
  overdue(now: number): UnderWay[]
  clear(): void
}

/** What was queued in this term. A job stays in it, done or not, until its deadline has passed. */
export function createUnderWay(): UnderWayList {
  const jobs = new Map<string, UnderWay>()
  const key = (job: UnderWay) => `${job.host}/${job.id}`
  const where = (test: (job: UnderWay) => boolean) => [...jobs.values()].filter(test)
  return {
    // The first deadline stays: the job that waits is the one that was queued first.
    note: (job) => void (jobs.has(key(job)) || jobs.set(key(job), job)),
    forget: (job) => void jobs.delete(key(job)),
    ofHost: (host) => where((job) => job.host === host),
    ofStack: (stack) => where((job) => job.stack === stack),
    overdue: (now) => where((job) => job.deadline < now),
    clear: () => jobs.clear(),
  }
}
