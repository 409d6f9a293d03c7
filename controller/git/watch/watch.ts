import { watch as chokidar, type FSWatcher } from 'chokidar'
import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'

/** Milliseconds until a watch must have seen all there is; a folder that takes longer is polled meanwhile. */
const READY_DEADLINE = 30_000

export interface WatchOptions {
  /** Folders: absolute paths. */
  roots: string[]
  /** True for a path that is of no interest. */
  ignored(path: string): boolean
  /** Milliseconds of quiet to wait for after a change. */
  settle: number
  onChange(): void
  /** A root is gone: this watch sees nothing any more. */
  onGone(): void
  log: Log
}

/** Watches folders until closed. Resolves when every change from now on is seen; symlinks are not followed. */
export async function watchFolders(options: WatchOptions): Promise<() => Promise<void>> {
  const { roots, ignored, onGone, log } = options
  const change = settled(options.onChange, options.settle)
  const watcher = chokidar(roots, { ignored, ignoreInitial: true, followSymlinks: false, atomic: false })
  watcher.on('all', (event, path) => {
    if (event === 'unlinkDir' && roots.includes(path)) onGone()
    change.happened()
  })
  watcher.on('error', (error) => {
    // Out of inotify watches, or a folder that may not be read: what is not watched is still polled.
    log.warn({ roots, problem: messageOf(error) }, 'Changes may only be noticed at the next poll')
  })
  await ready(watcher)
  return async () => {
    change.cancel()
    await watcher.close()
  }
}

/** Calls once it has been quiet for `settle` ms, at the latest ten times that after the first change. */
function settled(call: () => void, settle: number) {
  let timer: NodeJS.Timeout | undefined
  let since: number | undefined
  const fire = () => {
    since = undefined
    call()
  }
  return {
    happened() {
      if (settle === 0) return fire()
      const now = performance.now()
      since ??= now
      clearTimeout(timer)
      timer = setTimeout(fire, Math.max(0, Math.min(settle, since + 10 * settle - now)))
    },
    cancel: () => clearTimeout(timer),
  }
}

function ready(watcher: FSWatcher): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, READY_DEADLINE)
    watcher.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
