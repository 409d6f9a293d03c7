import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Overlay, overlayArgv, overlayLine } from '../argv.ts'
import { type Argv, type Result, run } from '../exec.ts'

/** Mounts an overlay; tells what `mount` said. */
export type MountOverlay = (overlay: Overlay) => Promise<Result>

interface Request {
  overlay: Overlay
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Mounts overlays, those asked for at about the same time by one `mount`: to start a command costs more than to mount.
 * @param folder where the lists for `mount` are written
 * @param isMounted tells whether a target is mounted, when not all of a list could be
 */
export function createMountBatch(
  folder: string,
  isMounted: (target: string) => Promise<boolean>,
): MountOverlay {
  let waiting: Request[] = []
  let batches = 0

  async function flush(): Promise<void> {
    const requests = waiting
    waiting = []
    if (requests.length === 1) return alone(requests)
    batches += 1
    const list = join(folder, `mounts-${batches}`)
    try {
      await writeFile(list, requests.map(({ overlay }) => overlayLine(overlay)).join(''), { mode: 0o600 })
      const result = await run(['mount', '--all', '--fstab', list])
      if (result.exitCode !== 0) return await alone(requests)
      for (const { resolve } of requests) resolve(result)
    } catch (error) {
      for (const { reject } of requests) reject(error)
    } finally {
      await rm(list, { force: true })
    }
  }

  /** One by one, so that each is told its own trouble. */
  async function alone(requests: Request[]): Promise<void> {
    for (const { overlay, resolve, reject } of requests) {
      await mountOne(overlay).then(resolve, reject)
    }
  }

  async function mountOne(overlay: Overlay): Promise<Result> {
    if (await isMounted(overlay.target)) return { exitCode: 0, stdout: '', stderr: '', timedOut: false }
    return run(overlayArgv(overlay) satisfies Argv)
  }

  return (overlay) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(() => void flush())
      waiting.push({ overlay, resolve, reject })
    })
}
