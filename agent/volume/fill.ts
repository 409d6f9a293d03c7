import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import { type Argv, run } from '../runtime/exec.ts'
import { resolveInRoot } from '../runtime/in-root.ts'

export interface Filling {
  /** The volume's folder of data. */
  data: string
  imageRoot: string
  /** The path in the image whose content is copied. */
  target: string
}

const COPY_DEADLINE = 10 * 60_000

/**
 * Gives an empty volume what the image has at the mount's target, with owners, modes and times, as Docker does. The copy
 * takes the volume's place in one step, so a crash leaves an empty volume or a full one.
 * @throws SetpointError DISK_FULL or MOUNT_FAILED
 */
export async function fill({ data, imageRoot, target }: Filling): Promise<void> {
  if ((await readdir(data)).length > 0) return
  const source = await resolveInRoot(imageRoot, target)
  const found = await lstat(source).catch(absent)
  if (!found?.isDirectory()) return
  const copy = `${data}.new`
  await rm(copy, { recursive: true, force: true })
  await mkdir(copy)
  const result = await run(copyArgv(source, copy), { timeout: COPY_DEADLINE })
  if (result.exitCode !== 0) throw notCopied(target, result.timedOut ? 'it took too long' : result.stderr)
  await rename(copy, data)
}

/** `/.` copies the folder itself onto the other one, its mode and owner included. */
export function copyArgv(source: string, target: string): Argv {
  return ['cp', '--archive', '--no-target-directory', `${source}/.`, target]
}

function notCopied(target: string, said: string): SetpointError {
  const text = said.trim().split('\n').slice(-1).join()
  const isFull = /no space left|quota exceeded/i.test(text)
  return new SetpointError(
    isFull ? 'DISK_FULL' : 'MOUNT_FAILED',
    `what the image has at ${target} cannot be copied to its volume: ${text}`,
    {
      hint: isFull
        ? 'free some room on the file system of the state folder'
        : 'see `dmesg` for faults of the disk',
    },
  )
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) throw error
}
