import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** Why it could not even be started. */
  error?: Error
}

export interface Started {
  pid: number | undefined
  exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
}

/**
 * Starts a process in a session of its own, so that the terminal's Ctrl-C does not reach it; what it writes goes to
 * the file `words`, which is emptied first. It lives on when this process is killed.
 */
export function startDetached(argv: string[], words: string, env: NodeJS.ProcessEnv): Started {
  const output = openSync(words, 'w', 0o600)
  try {
    return started(launch(argv, { stdio: ['ignore', output, output], detached: true, env }))
  } finally {
    closeSync(output)
  }
}

/** Runs a process to its end; each line that it writes goes to `out` or `err`. */
export async function runToEnd(
  argv: string[],
  { out, err, deadline }: { out(line: string): void; err(line: string): void; deadline: number },
): Promise<Exit> {
  const child = launch(argv, { stdio: ['ignore', 'pipe', 'pipe'], timeout: deadline, killSignal: 'SIGKILL' })
  const { exited } = started(child)
  const lines = async (stream: ChildProcess['stdout'], write: (line: string) => void) => {
    if (stream) for await (const line of createInterface({ input: stream })) write(line)
  }
  await Promise.all([lines(child.stdout, out), lines(child.stderr, err)])
  return exited
}

/** `exit code 1`, `killed by SIGKILL`, or why it did not start. */
export function describeExit({ code, signal, error }: Exit): string {
  if (error) return error.message
  return signal ? `killed by ${signal}` : `exit code ${code}`
}

function launch([file = '', ...rest]: string[], options: Parameters<typeof spawn>[2]): ChildProcess {
  return spawn(file, rest, options)
}

function started(child: ChildProcess): Started {
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
  })
  return { pid: child.pid, exited, kill: (signal) => void child.kill(signal) }
}
