import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createLimit } from '../../schemas/common/limit.ts'
import { SetpointError } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Owner } from '../content/tree.ts'
import { readMounts } from '../mountinfo.ts'
import { run } from '../runtime/exec.ts'

/** Files that are only in memory: a tmpfs in the run folder with a folder for each task, mounted while a task needs it. */
export interface Memory {
  /** The folder of a task. */
  folder(taskId: string): Promise<string>
  /** Writes a file whole or not at all, unless it is there. @throws SetpointError DISK_FULL */
  write(file: string, content: () => Promise<Buffer>, owner: Owner): Promise<void>
  remove(taskId: string): Promise<void>
  /** The tasks that have a folder. */
  list(): Promise<string[]>
}

/** Bytes of all secrets of a host together. */
const MAX_MEMORY = 64 * 1024 * 1024
const OPTIONS = `size=${MAX_MEMORY},mode=0700,nosuid,nodev,noexec`
const UNFINISHED = '.tmp'

/** One tmpfs for all tasks: to mount one for each would cost each a process. What a container gets is a file of it. */
export function createMemory(root: string, log: Pick<Log, 'warn'>): Memory {
  /** Mounting, unmounting and what decides about them happen one after the other. */
  const inTurn = createLimit(1)

  async function unmount(): Promise<void> {
    if (!(await isMounted(root)) || (await readdir(root)).length > 0) return
    const { exitCode, stderr } = await run(['umount', root])
    if (exitCode === 0) await rmdir(root)
    else log.warn({ root, problem: stderr.trim() }, 'The memory of secrets cannot be unmounted')
  }

  return {
    folder: (taskId) =>
      inTurn(async () => {
        if (!(await isMounted(root))) await mountAt(root)
        const folder = join(root, taskId)
        await mkdir(folder, { recursive: true, mode: 0o700 })
        return folder
      }),
    async write(file, content, owner) {
      if (await exists(file)) return
      const bytes = await content()
      try {
        await writeFile(`${file}${UNFINISHED}`, bytes, owner)
        await rename(`${file}${UNFINISHED}`, file)
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? full(root) : error
      } finally {
        bytes.fill(0)
      }
    },
    remove: (taskId) =>
      inTurn(async () => {
        if (!(await isMounted(root))) return
        await rm(join(root, taskId), { recursive: true, force: true })
        await unmount()
      }),
    list: () => inTurn(async () => ((await isMounted(root)) ? readdir(root) : [])),
  }
}

/** `noswap` keeps it from being written to swap; kernels before 6.4 do not know it. */
async function mountAt(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  for (const options of [`${OPTIONS},noswap`, OPTIONS]) {
    const { exitCode, stderr } = await run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', root])
    if (exitCode === 0) return
    if (options === OPTIONS) throw notMounted(root, stderr)
  }
}

async function isMounted(root: string): Promise<boolean> {
  return (await readMounts()).some(({ target, type }) => target === root && type === 'tmpfs')
}

async function exists(file: string): Promise<boolean> {
  return open(file, 'r').then(
    (handle) => handle.close().then(() => true),
    () => false,
  )
}

/** Sets the owner before the mode, since changing the owner takes set-id bits away. */
async function writeFile(file: string, bytes: Buffer, { uid, gid, mode }: Owner): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.chown(uid, gid)
    await handle.chmod(mode)
  } finally {
    await handle.close()
  }
}

function full(root: string): SetpointError {
  return new SetpointError(
    'DISK_FULL',
    `The memory for secrets is full: all tasks of this host together have ${MAX_MEMORY / 1024 ** 2} MiB, at ${root}.`,
    {
      hint: `\`du -sh ${root}/*\` shows what each task has. Give tasks only the secrets that they need, or move some to another host.`,
    },
  )
}

function notMounted(root: string, said: string): SetpointError {
  return new SetpointError(
    'MOUNT_FAILED',
    `No memory for secrets can be mounted at ${root}: ${said.trim()}`,
    {
      hint: 'Secrets are written nowhere else. Can this host mount a tmpfs (`mount -t tmpfs tmpfs /mnt`)?',
    },
  )
}
