import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** One foreground process, started and ended as often as a test wants. */
export interface Supervised {
  /** Resolves when it has said its first line; rejects when it ends before. */
  start(): Promise<void>
  /** Sends the signal and waits until it has gone; nothing when it does not run. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** All that it has said in all its lives. */
  output(): string
}

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
      await firstLine(child, said)
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

function firstLine(child: ChildProcess, said: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`setpoint up ${why}\n${said.join('\n')}`))
    const timer = setTimeout(() => fail(`said nothing for ${READY_WITHIN} ms`), READY_WITHIN)
    child.once('close', (code) => fail(`ended with ${code}`))
    child.once('error', reject)
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => said.push(line))
    }
    child.stdout?.once('data', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
