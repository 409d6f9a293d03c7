import { setTimeout as pause } from 'node:timers/promises'
import type { StatusDocument } from '../../../schemas/status.ts'
import { DEFAULT_POLL } from '../../api/limits.ts'
import type { Client } from '../client/client.ts'

/** Milliseconds between two looks: a rollout changes the status many times a second, and nobody reads that. */
const PACE = 150

/** Calls `step` with each status and the one before it, until `signal` aborts. A controller that is away is waited for. */
export async function followStatus(
  client: Client,
  step: (before: StatusDocument | undefined, after: StatusDocument) => void,
  signal: AbortSignal,
): Promise<void> {
  let seen: Awaited<ReturnType<Client['status']>> | undefined
  while (!signal.aborted) {
    try {
      const next = seen
        ? await client.changes({ tag: seen.tag, timeout: DEFAULT_POLL })
        : await client.status()
      if (signal.aborted) return
      step(seen?.document, next.document)
      seen = next
    } catch {
      // It has ended and is being started again, which the supervisor tells; the next look finds it.
      await pause(PACE)
    }
    await pause(PACE, undefined, { signal }).catch(() => undefined)
  }
}
