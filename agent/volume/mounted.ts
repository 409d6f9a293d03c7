import { lookup } from 'node:dns/promises'
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises'
import type { DriverOptions } from '../../schemas/volume.ts'
import { absent } from '../disk.ts'
import { type MountPoint, readMounts } from '../mountinfo.ts'
import { run } from '../runtime/exec.ts'
import { mountFailure } from './failure.ts'
import { hintFor, mountArgv, mountLine, plainWords, serverOf, withAddress } from './mount-line.ts'

/** Milliseconds that mounting, or looking into what is mounted, may take; and looking up the address of a server. */
const MOUNT_DEADLINE = 90_000
const LOOKUP_DEADLINE = 10_000

/** What is mounted at a path; undefined when nothing is. */
export async function mountAt(path: string): Promise<MountPoint | undefined> {
  return (await readMounts()).findLast(({ target }) => target === path)
}

/**
 * Mounts a volume with `driver_opts` at a folder.
 * @param list where the line for `mount` may be written
 * @throws SetpointError MOUNT_FAILED with what `mount` said, without passwords
 */
export async function mountVolume(
  name: string,
  options: DriverOptions,
  { target, list }: { target: string; list: string },
): Promise<void> {
  const server = serverOf(options)
  const ready = withAddress(options, server === undefined ? undefined : await addressOf(server, name))
  await mkdir(target, { recursive: true })
  try {
    await writeFile(list, mountLine(ready, target), { mode: 0o600 })
    const { exitCode, stderr, timedOut } = await run(mountArgv(list, target), { timeout: MOUNT_DEADLINE })
    if (exitCode === 0) return
    const said = timedOut ? 'the server did not answer: timed out' : stderr
    throw mountFailure(`The volume ${name} cannot be mounted: ${plainWords(said)}.`, {
      hint: hintFor(said, options),
    })
  } finally {
    await rm(list, { force: true })
  }
}

/**
 * Unmounts a folder, whoever looks at it, and takes it away, without a look into it: its server may be gone. Nothing below
 * it is ever deleted. Repeatable.
 */
export async function unmountFolder(target: string): Promise<void> {
  while (await mountAt(target)) {
    if ((await run(['umount', '--no-canonicalize', target])).exitCode === 0) continue
    const { exitCode, stderr } = await run(['umount', '--no-canonicalize', '--lazy', target])
    if (exitCode !== 0) throw mountFailure(`${target} cannot be unmounted: ${plainWords(stderr)}.`)
  }
  await rmdir(target).catch(absent)
}

/** True when a folder has nothing in it. Asked of a process that can be given up: a server may never answer. */
export async function isEmpty(folder: string): Promise<boolean> {
  const argv = ['find', folder, '-mindepth', '1', '-maxdepth', '1', '-print', '-quit'] as const
  const { exitCode, stdout, stderr } = await run([...argv], { timeout: MOUNT_DEADLINE })
  if (exitCode !== 0) throw mountFailure(`${folder} cannot be read: ${plainWords(stderr)}.`)
  return stdout === ''
}

/** The names in a folder that may not be there. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? []
}

async function addressOf(server: string, name: string): Promise<string> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('no answer in time')), LOOKUP_DEADLINE).unref()
  })
  try {
    return (await Promise.race([lookup(server), late])).address
  } catch (cause) {
    throw mountFailure(
      `The server ${server} of the volume ${name} has no address: ${(cause as Error).message}.`,
      {
        hint: `Correct addr in driver_opts, or the host's name servers: \`getent hosts ${server}\`.`,
        cause,
      },
    )
  }
}
