import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** One foreground process, started and ended as often as a test wants. */
export interface Supervised {
  /** Resolves when it has said that it is ready; rejects when it ends before. */
  start(): Promise<void>
  /** Sends the signal and waits until it has gone; nothing when it does not run. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** All that it has said in all its lives. */
  output(): string
}

/** What `setpoint up` says once everything answers. */
const READY = /^setpoint is ready/
const READY_WITHIN = 30_000
const GONE_WITHIN = 30_000

export function supervise(argv: string[], env: NodeJS.ProcessEnv): Supervised {
  let child: ChildProcess | undefined
  const said: string[] = []
  return {
    output: () => said.join('\n'),
    start: async () => {
      const [file = '', ...args] = argv
      child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      await ready(child, said)
    },
    stop: async (signal = 'SIGTERM') => {
      if (child === undefined || hasEnded(child)) return
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(GONE_WITHIN) })
      child.kill(signal)
      await gone.catch(() => {
        child?.kill('SIGKILL')
        throw new Error(`${signal} did not end it within ${GONE_WITHIN} ms\n${said.join('\n')}`)
      })
    },
  }
}

function ready(child: ChildProcess, said: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`setpoint up ${why}\n${said.join('\n')}`))
    const timer = setTimeout(() => fail(`was not ready after ${READY_WITHIN} ms`), READY_WITHIN)
    child.once('close', (code) => fail(`ended with ${code}`))
    child.once('error', reject)
    const hear = (line: string) => {
      said.push(line)
      if (!READY.test(line)) return
      clearTimeout(timer)
      resolve()
    }
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', hear)
    }
  })
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
