import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../schemas/log.ts'
import { createLimit } from '../limit.ts'
import { run } from '../runtime/exec.ts'
import type { Buildah } from './buildah.ts'
import { classify, pullError } from './failures.ts'

/** Pulls a reference into the storage, whatever is there of it. */
export type Pull = (reference: string) => Promise<void>

interface PullOptions {
  buildah: Buildah
  authFile: string | undefined
  log: Log
  /** Milliseconds before each further attempt; its length is how many there are. */
  backOff: number[]
}

/** At once: more would only share the same line and disk. */
const AT_ONCE = 2
const DEADLINE = 15 * 60_000

export function createPull({ buildah, authFile, log, backOff }: PullOptions): Pull {
  const inTurn = createLimit(AT_ONCE)
  const auth = authFile === undefined ? [] : ['--authfile', authFile]

  async function attempt(reference: string): Promise<string> {
    const argv = buildah('pull', '--quiet', '--policy', 'always', ...auth, reference)
    const { exitCode, stderr, timedOut } = await run(argv, { timeout: DEADLINE })
    if (timedOut) return `no end after ${DEADLINE / 60_000} minutes`
    return exitCode === 0 ? '' : stderr || `buildah ended with ${exitCode}`
  }

  return (reference) =>
    inTurn(async () => {
      const started = performance.now()
      let said = await attempt(reference)
      for (const delay of backOff) {
        if (said === '' || classify(said) !== 'trouble') break
        log.warn({ reference, said, delay }, 'a pull failed and is tried again')
        await sleep(delay)
        said = await attempt(reference)
      }
      if (said !== '') throw pullError(reference, said)
      log.info({ reference, took: Math.round(performance.now() - started) }, 'image pulled')
    })
}
