import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import { absent } from '../disk.ts'
import { run } from '../runtime/exec.ts'
import { resolveInRoot } from '../runtime/in-root.ts'
import { copyArgv, endCopies } from './copy.ts'

export interface Filling {
  /** The volume's folder of data. */
  data: string
  imageRoot: string
  /** The path in the image whose content is copied. */
  target: string
}

const COPY_DEADLINE = 10 * 60_000
const SYNC_DEADLINE = 5 * 60_000
const NEW = '.new-'

/**
 * Makes a volume's folder with what the image has at the mount's target: owners, modes, times, links and extended
 * attributes included, as Docker does. The folder appears whole and in one step, so a crash leaves none, or an empty one
 * that was there before. One with content stays as it is.
 * @throws SetpointError DISK_FULL or MOUNT_FAILED
 */
export async function makeFilled({ data, imageRoot, target }: Filling): Promise<void> {
  if (((await readdir(data).catch(absent)) ?? []).length > 0) return
  await mkdir(dirname(data), { recursive: true })
  await removeHalves(data)
  // a name of its own for each try: not every copy of an agent that was killed can be ended
  const copy = await mkdtemp(`${data}${NEW}`)
  await chmod(copy, 0o755)
  await copyFromImage({ data: copy, imageRoot, target })
  await rename(copy, data)
}

/**
 * Copies what the image has at a path into a folder; over what an earlier try has left there.
 * @throws SetpointError DISK_FULL or MOUNT_FAILED
 */
export async function copyFromImage({ data, imageRoot, target }: Filling): Promise<void> {
  const source = await resolveInRoot(imageRoot, target)
  const found = await lstat(source).catch(absent)
  if (!found?.isDirectory()) return
  const result = await run(copyArgv(source, data), { timeout: COPY_DEADLINE })
  if (result.exitCode !== 0) throw notCopied(target, result.timedOut ? 'it took too long' : result.stderr)
  // or after a power cut the volume would count as full and hold empty files
  await run(['sync', '--file-system', data], { timeout: SYNC_DEADLINE })
}

/**
 * Removes what copies have left that did not come to their end. Only while none of this agent is under way. What cannot be
 * removed goes the next time.
 */
export async function removeHalves(data: string): Promise<void> {
  const names = (await readdir(dirname(data)).catch(absent)) ?? []
  for (const name of names.filter((name) => name.startsWith(`${basename(data)}${NEW}`))) {
    const half = join(dirname(data), name)
    await endCopies(half)
    await rm(half, { recursive: true, force: true }).catch(() => {})
  }
}

function notCopied(target: string, said: string): SetpointError {
  const text = said.trim().split('\n').slice(-1).join()
  const isFull = /no space left|quota exceeded/i.test(text)
  return new SetpointError(
    isFull ? 'DISK_FULL' : 'MOUNT_FAILED',
    `what the image has at ${target} cannot be copied to its volume: ${text}`,
    {
      hint: isFull
        ? 'free some room on the file system of the volume'
        : 'see `dmesg` for faults of the disk; with volume.nocopy: true nothing is copied (an NFS server may forbid it)',
    },
  )
}
