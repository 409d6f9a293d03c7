import { complaints } from './ip-answers.ts'
import { type Batch, NOT_RUN, openBatch } from './ip-batch.ts'

/** Runs lines of `ip -batch`. One process serves all that comes close together, and ends when nothing more does. */
export interface Ip {
  /**
   * Runs lines one after the other; a failing line does not stop the rest.
   * @returns what `ip` complained of, without what the `tolerate` pattern matches; empty when all went well
   */
  run(lines: string[], tolerate?: RegExp): Promise<string[]>
  /** Ends the process after what it was given: it remembers interface indexes, which a removed interface makes wrong. */
  forget(): void
  close(): Promise<void>
}

/** @param prefix put before every command, e.g. `nsenter …`; empty in production */
export function createIp(prefix: string[] = []): Ip {
  let current: Batch | undefined
  const ended = new Set<Promise<void>>()

  function batch(): Batch {
    if (current?.isOpen()) return current
    const fresh = openBatch(prefix)
    const done = fresh.done.then(() => void ended.delete(done))
    ended.add(done)
    current = fresh
    return fresh
  }

  function forget(): void {
    current?.end()
    current = undefined
  }

  return {
    async run(lines, tolerate) {
      if (lines.length === 0) return []
      for (;;) {
        const said = await batch().send(lines)
        if (said !== NOT_RUN) return complaints(said, tolerate)
      }
    },
    forget,
    async close() {
      forget()
      await Promise.all(ended)
    },
  }
}
