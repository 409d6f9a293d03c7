import { readFileSync } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity } from '../processes.ts'
import type { ContainerState } from './runtime.ts'

/**
 * What crun and runc themselves keep of a container, read in place of a `crun state` for each: crun's `status`, runc's
 * `state.json`. Both keep `exec.fifo` until the container is started.
 */
export async function readRecord(root: string, id: string): Promise<ProcessIdentity | undefined> {
  const crun = readJson(join(root, id, 'status'))
  if (crun) return identity(crun.pid, crun['process-start-time'])
  const runc = readJson(join(root, id, 'state.json'))
  return runc && identity(runc.init_process_pid, runc.init_process_start)
}

/** The state of a container as the kernel has it; undefined when the runtime knows of none. */
export async function stateOf(root: string, id: string): Promise<ContainerState | undefined> {
  const record = await readRecord(root, id)
  if (record === undefined) return undefined
  if (!isAlive(record)) return { status: 'stopped', pid: 0 }
  const isWaiting = await exists(join(root, id, 'exec.fifo'))
  return { status: isWaiting ? 'created' : 'running', pid: record.pid }
}

/** The containers that the runtime has a folder for, whole or not. */
export async function recorded(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Half a file (the runtime is writing it) is as good as none. It lies in memory, so no thread is asked to read it. */
function readJson(file: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const isAbsent = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (isAbsent || error instanceof SyntaxError) return undefined
    throw error
  }
}

function identity(pid: unknown, startTime: unknown): ProcessIdentity | undefined {
  return Number(pid) > 0 ? { pid: Number(pid), startTime: Number(startTime) } : undefined
}
