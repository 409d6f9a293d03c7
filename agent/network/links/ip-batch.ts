import type { ChildProcess } from 'node:child_process'
import { start } from '../../runtime/exec.ts'
import { within } from '../within.ts'
import { answersIn, complaints, MARKER } from './ip-answers.ts'

/** One process of `ip -batch`, for as many requests as come before it is idle. */
export interface Batch {
  isOpen(): boolean
  /** @returns what `ip` wrote for these lines, or NOT_RUN when it had ended before it came to them */
  send(lines: string[]): Promise<string | typeof NOT_RUN>
  /** Takes no more, and ends once all is answered. */
  end(): void
  /** Resolves once it has ended. */
  done: Promise<void>
}

interface Request {
  /** Number of the line that ends the request. */
  marker: number
  settle: (said: string | typeof NOT_RUN) => void
  fail: (error: Error) => void
  timer: NodeJS.Timeout
}

/** Stands for the answer to a request that the process did not come to before it ended. */
export const NOT_RUN = Symbol('not run')
/** Milliseconds without a request after which it ends. */
const IDLE = 250
/** Milliseconds for one request. */
const DEADLINE = 20_000

/** @param prefix put before the command; empty in production */
export function openBatch(prefix: string[]): Batch {
  const argv = within(prefix, ['ip', '-force', '-batch', '-'])
  const child = start(argv, { stdio: ['pipe', 'ignore', 'pipe'], detached: true })
  const requests: Request[] = []
  let state: 'open' | 'ending' | 'killed' = 'open'
  let written = 0
  let said = ''
  let idle: NodeJS.Timeout | undefined

  const end = (): void => {
    if (state === 'open') state = 'ending'
    clearTimeout(idle)
    child.stdin?.end()
  }
  const kill = (): void => {
    state = 'killed'
    killGroup(child)
  }
  const take = (): void => {
    const { answers, rest } = answersIn(
      said,
      requests.map(({ marker }) => marker),
    )
    said = rest
    for (const [index, request] of requests.splice(0, answers.length).entries()) {
      clearTimeout(request.timer)
      request.settle(answers[index] ?? '')
    }
    clearTimeout(idle)
    if (requests.length === 0) idle = setTimeout(end, IDLE)
  }
  // `ip` reads line by line: when it ends by itself (a device named is not there), what stood behind was not run.
  const broken = (error: Error): void => {
    const isKilled = state === 'killed'
    state = 'ending'
    clearTimeout(idle)
    for (const [index, request] of requests.splice(0).entries()) {
      clearTimeout(request.timer)
      if (index === 0 || isKilled) request.fail(error)
      else request.settle(NOT_RUN)
    }
  }

  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
    // A child that could not enter its namespace would go on reading our lines as a second batch.
    if (said.includes('setting the network namespace')) kill()
    take()
  })
  child.stdin?.on('error', () => {}) // the end of the process tells more
  const done = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      broken(error)
      resolve()
    })
    child.once('close', () => {
      broken(new Error(`ip ended early: ${complaints(said).join('; ') || 'it said nothing'}`))
      resolve()
    })
  })

  return {
    isOpen: () => state === 'open',
    end,
    done,
    send: (lines) =>
      new Promise((settle, fail) => {
        clearTimeout(idle)
        written += lines.length + 1
        const timer = setTimeout(kill, DEADLINE)
        requests.push({ marker: written, settle, fail, timer })
        child.stdin?.write(`${lines.join('\n')}\n${MARKER}\n`)
      }),
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}
