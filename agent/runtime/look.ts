import { shared } from '../../schemas/common/shared.ts'
import { SetpointError } from '../../schemas/error.ts'
import { inTime, systemClock } from '../clock.ts'
import { type Argv, type Result, run } from './exec.ts'

/** What stands at a path of the host, symbolic links followed. */
export interface HostPath {
  /** Its path without symbolic links. */
  real: string
  isFolder: boolean
}

/** Milliseconds for a look. */
const DEADLINE = 10_000

const once = shared<Result>()

/**
 * What stands at a path of the host that somebody has named; undefined when nothing does. A process looks, which can be
 * given up: a file system whose server is silent would hold a thread of the agent for ever, and there are four. Who asks
 * again meanwhile waits for the same process, since not even SIGKILL may end it.
 * @throws SetpointError MOUNT_FAILED when it cannot be looked at, or no answer comes in time
 */
export async function lookAt(path: string): Promise<HostPath | undefined> {
  const result = await ask(path, ['realpath', '-ez', '--', path, `${path}/.`])
  const [real = '', folder = ''] = result.stdout.split('\0')
  if (real !== '') return { real, isFolder: folder !== '' }
  const [said = ''] = result.stderr.split('\n')
  if (/: (No such file or directory|Not a directory)$/.test(said)) return undefined
  throw new SetpointError('MOUNT_FAILED', `${path} cannot be looked at: ${said.split(': ').at(-1)}.`)
}

/**
 * The text of the symbolic link at a path of the host; undefined when there is none.
 * @throws SetpointError MOUNT_FAILED when no answer comes in time
 */
export async function lookAtLink(path: string): Promise<string | undefined> {
  const { exitCode, stdout } = await ask(path, ['readlink', '-n', '--', path])
  return exitCode === 0 ? stdout : undefined
}

async function ask(path: string, argv: Argv): Promise<Result> {
  const look = once(argv.join(' '), () => run(argv, { timeout: DEADLINE }))
  const result = await inTime(systemClock, DEADLINE, look)
  if (result === undefined || result.timedOut) throw silent(path)
  return result
}

function silent(path: string): SetpointError {
  return new SetpointError('MOUNT_FAILED', `${path} does not answer: its file system was asked in vain.`, {
    hint: `\`findmnt --target ${path}\` shows what is mounted there; is its server up? It is tried again.`,
  })
}
