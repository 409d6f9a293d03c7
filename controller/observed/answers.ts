import type { ReportOf } from '../../schemas/report.ts'

type Answer = ReportOf<'answer'>

export interface Answers {
  wait(requestId: string, hosts: string[], timeout: number): Promise<Answer[]>
  take(answer: Answer): void
  /** Lets everybody go with what there is. */
  close(): void
}

/** Those who wait for answers, and what has come for them: one from each host that was asked. */
export function createAnswers(): Answers {
  const waiting = new Set<Waiter>()
  return {
    wait: async (requestId, hosts, timeout) => {
      const waiter: Waiter = { requestId, hosts: new Set(hosts), got: [], done: Promise.withResolvers() }
      const timer = setTimeout(waiter.done.resolve, timeout)
      waiting.add(waiter)
      if (waiter.hosts.size > 0) await waiter.done.promise
      clearTimeout(timer)
      waiting.delete(waiter)
      return waiter.got
    },
    take: (answer) => {
      for (const waiter of waiting) {
        if (waiter.requestId !== answer.requestId || !waiter.hosts.delete(answer.host)) continue
        waiter.got.push(answer)
        if (waiter.hosts.size === 0) waiter.done.resolve()
      }
    },
    close: () => {
      for (const waiter of waiting) waiter.done.resolve()
    },
  }
}

interface Waiter {
  requestId: string
  hosts: Set<string>
  got: Answer[]
  done: PromiseWithResolvers<void>
}
