import type { TestHost } from '../support/host.ts'

/** Clients that ask all the time. */
export interface Load {
  /** How many answers there were, and how many requests got none. */
  summary(): string
  close(): Promise<void>
}

/** One client outside the host for each port, its next request after the answer to the one before. */
export function startLoad(host: TestHost, ports: number[]): Load {
  let closed = false
  let answered = 0
  let failed = 0
  const clients = ports.map(async (port) => {
    while (!closed) {
      const began = Date.now()
      await host.http(port).then(
        () => answered++,
        () => failed++,
      )
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 10 - (Date.now() - began)))) // 100 a second at most
    }
  })
  return {
    summary: () => `${answered} answers, ${failed} failed`,
    async close() {
      closed = true
      await Promise.all(clients)
    },
  }
}
