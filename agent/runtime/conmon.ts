import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { argvOfProcess } from '../processes.ts'
import { type Argv, spawned, start } from './exec.ts'

/** The sync pipe's place among conmon's open files: the first after stdin, stdout and stderr. */
const SYNC_FD = 3
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Starts conmon, which makes the container, and gives the pid of the container's process as soon as it waits for its
 * start. conmon goes into a session of its own and lives on without its starter.
 * @param directory where conmon leaves a file `oom` without being asked; nobody reads that one
 * @param deadline milliseconds
 * @throws Error with the runtime's own words
 */
export async function startConmon(argv: Argv, directory: string, deadline: number): Promise<number> {
  const child = start(argv, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
    cwd: directory,
    env: { PATH: `${process.env.PATH ?? ''}:${SYSTEM_PATH}`, LC_ALL: 'C', _OCI_SYNCPIPE: String(SYNC_FD) },
  })
  await spawned(child, argv)
  const sync = child.stdio[SYNC_FD] as Readable
  const words = { sync: '', stderr: '' }
  return new Promise<number>((resolve, reject) => {
    const fail = (text: string, cause?: unknown) => reject(new Error(text, { cause }))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`conmon did not answer within ${deadline / 1000} s`)
    }, deadline)
    sync.on('data', (chunk: Buffer) => {
      words.sync += chunk
      if (words.sync.includes('\n')) answer(words.sync, resolve, fail)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      words.stderr = (words.stderr + chunk).slice(0, 4096)
    })
    sync.once('close', () => clearTimeout(timer))
    sync.once('end', () => fail(words.stderr || words.sync || 'conmon ended without an answer'))
    sync.once('error', (error) => fail(error.message, error))
    child.once('error', (error) => fail(error.message, error))
  }).finally(() => {
    sync.destroy()
    child.stderr?.destroy()
  })
}

/** The conmon of this container if it lives, by the pid file that it wrote, which lies in memory. */
export async function conmonPid(id: string, pidFile: string): Promise<number | undefined> {
  const pid = Number(readOrAbsent(pidFile))
  if (!pid) return undefined
  const argv = argvOfProcess(pid)
  return argv?.includes(`--cid=${id}`) ? pid : undefined // a zombie has no command line
}

function readOrAbsent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

/** `{"data": PID}`, or a negative number and what went wrong. */
function answer(line: string, resolve: (pid: number) => void, fail: (text: string) => void): void {
  try {
    const { data, message } = JSON.parse(line) as { data: number; message?: string }
    if (data > 0) resolve(data)
    else fail(message ?? `conmon answered ${data}`)
  } catch {
    fail(`conmon answered ${line.slice(0, 200)}`)
  }
}
