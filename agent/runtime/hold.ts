import { statfsSync } from 'node:fs'
import { type Argv, notStarted, start } from './exec.ts'

/** A process that does nothing but be there, for its namespaces. */
export interface Held {
  pid: number
  /** Lets it go; it is gone then. */
  end(): Promise<void>
}

/** Milliseconds until a helper that does not begin is killed. */
const DEADLINE = 10_000
/** What statfs(2) says of a namespace that is bound to a file. */
const NSFS_MAGIC = 0x6e736673

/** True when a namespace is bound to the file: one that is only a file was left by a reboot or another mount namespace. */
export function isBound(file: string): boolean {
  try {
    return statfsSync(file).type === NSFS_MAGIC
  } catch {
    return false // not there
  }
}

/**
 * Starts `cat` in new namespaces and comes back once it is in them: it has answered. It goes with this process, too, whose
 * end of the pipe is its only one.
 * @param way what leads there: `unshare --user`
 */
export function hold(way: Argv): Promise<Held> {
  const argv: Argv = [...way, 'cat']
  const child = start(argv, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(0, 4096)
  })
  child.stdin?.on('error', () => {}) // its end tells more
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const end = (): Promise<void> => {
    child.stdin?.end()
    return ended
  }
  return new Promise<Held>((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE)
    child.once('error', (error) => reject(notStarted(argv, error)))
    void ended.then(() => {
      clearTimeout(timer)
      reject(new Error(`${argv.join(' ')}: ${said.trim() || 'it ended'}`))
    })
    child.stdout?.once('data', () => {
      clearTimeout(timer)
      resolve({ pid: child.pid ?? 0, end })
    })
    child.stdin?.write('\n')
  })
}
