import type { ChildProcess } from 'node:child_process'
import { start } from '../../runtime/exec.ts'
import { within } from '../within.ts'

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

/** Not a command of `ip`: it answers with an error that carries the line's number, after all that stands before it. */
const MARKER = 'end-of-request'
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
  let written = 0
  let said = ''
  let open = true
  let killed = false
  let idle: NodeJS.Timeout | undefined

  const end = (): void => {
    open = false
    clearTimeout(idle)
    child.stdin?.end()
  }
  const rest = (): void => {
    clearTimeout(idle)
    if (requests.length === 0) idle = setTimeout(end, IDLE)
  }
  const take = (): void => {
    for (let head = requests[0]; head; head = requests[0]) {
      const stop = `Command failed -:${head.marker}\n`
      const at = said.indexOf(stop)
      if (at < 0) return
      const own = said.slice(0, at)
      said = said.slice(at + stop.length)
      requests.shift()
      clearTimeout(head.timer)
      head.settle(own)
    }
    rest()
  }
  // `ip` reads line by line: when it ends by itself (a device named is not there), what stood behind was not run.
  const broken = (error: Error): void => {
    open = false
    clearTimeout(idle)
    for (const [index, request] of requests.splice(0).entries()) {
      clearTimeout(request.timer)
      if (index === 0 || killed) request.fail(error)
      else request.settle(NOT_RUN)
    }
  }
  const kill = (): void => {
    killed = true
    killGroup(child)
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
    isOpen: () => open,
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

/** The messages of `ip` in what it wrote, without line numbers and what is tolerated. */
export function complaints(said: string, tolerate?: RegExp): string[] {
  return said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Command failed ') && !line.includes(MARKER))
    .filter((line) => !tolerate?.test(line))
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}
