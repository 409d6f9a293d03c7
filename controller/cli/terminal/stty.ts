import { spawnSync } from 'node:child_process'

/** Milliseconds. */
const DEADLINE = 5_000

/**
 * Makes the terminal of standard input pass on every byte, in both directions, as `docker exec` has it. Node's own raw
 * mode goes on to write each line feed as CR LF (it keeps OPOST), so that output comes out with CR CR LF.
 * @returns what puts the terminal back to how it was; undefined when stty could not be run
 */
export function rawByStty(): (() => void) | undefined {
  const before = stty('-g')
  if (before === undefined || stty('raw', '-echo') === undefined) return undefined
  return () => void stty(before.trim())
}

function stty(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('stty', args, {
    stdio: ['inherit', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: DEADLINE,
    killSignal: 'SIGKILL',
  })
  return status === 0 ? stdout : undefined
}
