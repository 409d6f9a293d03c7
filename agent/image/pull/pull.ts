import { mkdtemp, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { environmentForTools } from '../../../schemas/common/environment.ts'
import { createLimit } from '../../../schemas/common/limit.ts'
import { formatDuration } from '../../../schemas/duration.ts'
import type { ImageSource } from '../../../schemas/image.ts'
import type { Log } from '../../../schemas/log.ts'
import { classify, withoutSecrets } from '../../../schemas/registry.ts'
import { run } from '../../runtime/exec.ts'
import type { Buildah } from '../buildah.ts'
import { pullError } from '../failures.ts'
import { pullName } from '../reference.ts'
import type { Caller } from '../while-wanted.ts'
import { progressWords, watchPull } from './watch.ts'

/** Pulls an image into the storage, whatever is there of it. Ends early when the caller's signal aborts. */
export type Pull = (source: ImageSource, caller: Required<Caller>) => Promise<void>

export interface PullOptions {
  buildah: Buildah
  /** The credentials file to use for this pull; undefined: those that buildah finds itself. */
  authFile: () => Promise<string | undefined>
  /** Where the temporary files of pulls go: each has a folder of its own, so that one that is ended leaves nothing. */
  scratch: string
  log: Log
  /** Milliseconds before each further attempt; its length is how many there are. */
  backOff: number[]
  /** Milliseconds without progress after which an attempt is given up. */
  stall?: number
}

/** At once: more would only share the same line and disk. */
const AT_ONCE = 3
/** Longer than containers/image waits by itself when a registry says 429 (60 s, or what Retry-After asks for). */
const STALL = 90_000
/** However steadily it goes on. */
const DEADLINE = 6 * 3_600_000
const MEGABYTE = 1024 * 1024

/** Pulls by buildah, a few at a time; one that fails for a moment is tried again. */
export function createPull(options: PullOptions): Pull {
  const { backOff, log } = options
  const inTurn = createLimit(AT_ONCE)

  async function attempts(source: ImageSource, { signal, tell }: Required<Caller>): Promise<void> {
    const { reference } = source
    const started = performance.now()
    let said = await attempt(source, { signal, tell }, options)
    for (const delay of backOff) {
      if (said === '' || signal.aborted || classify(said) !== 'trouble') break
      log.warn({ reference, said: withoutSecrets(said), delay }, 'A pull failed and is tried again')
      tell(`pulling ${reference} failed and is tried again in ${formatDuration(delay)}`)
      await sleep(delay, undefined, { signal }).catch(() => {}) // aborted: the loop ends
      if (signal.aborted) break
      said = await attempt(source, { signal, tell }, options)
    }
    if (signal.aborted) log.info({ reference }, 'A pull was called off: no task wants it any more')
    if (said !== '') throw pullError(reference, said)
    log.info({ reference, took: Math.round(performance.now() - started) }, 'Image pulled')
  }

  return (source, caller) => {
    caller.tell(`waiting to pull ${source.reference}`)
    return inTurn(() => {
      if (caller.signal.aborted) throw pullError(source.reference, 'nobody wants it any more')
      caller.tell(`pulling ${source.reference}`)
      return attempts(source, caller)
    })
  }
}

/** One attempt: what went wrong in buildah's words, empty when nothing did. */
async function attempt(
  source: ImageSource,
  { signal, tell }: Required<Caller>,
  { buildah, authFile, scratch, stall = STALL }: PullOptions,
): Promise<string> {
  const folder = await mkdtemp(scratch)
  let stalled = false
  try {
    const { exitCode, stderr } = await run(buildah(...pullArgs(source, await authFile())), {
      timeout: DEADLINE,
      maxOutput: MEGABYTE,
      env: { ...environmentForTools(process.env), TMPDIR: folder },
      watch: (child) =>
        watchPull(child, {
          signal,
          stall,
          onStall: () => {
            stalled = true
          },
          onProgress: (progress) => tell(pullWords(source.reference, progressWords(progress))),
        }),
    })
    if (stalled) return `the registry has sent nothing for ${formatDuration(stall)}`
    if (signal.aborted) return 'nobody wants it any more'
    return exitCode === 0 ? '' : stderr || `buildah ended with ${exitCode}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The arguments of buildah for a pull. Its own repetition is off: ours can be told of and called off. */
export function pullArgs(source: ImageSource, authFile: string | undefined): string[] {
  return [
    ...['pull', '--policy', 'always', '--retry', '0'],
    ...(authFile === undefined ? [] : ['--authfile', authFile]),
    ...(source.platform === undefined ? [] : ['--platform', source.platform]),
    pullName(source),
  ]
}

/** `pulling docker.io/library/nginx:1.29: 34 MB, 5 layers` */
function pullWords(reference: string, progress: string): string {
  return progress === '' ? `pulling ${reference}` : `pulling ${reference}: ${progress}`
}
