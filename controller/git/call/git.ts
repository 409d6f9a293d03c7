import { GitError, type SimpleGit, simpleGit } from 'simple-git'
import { CALL, killStragglers } from './stragglers.ts'

export interface GitCall {
  args: string[]
  cwd: string
  env: NodeJS.ProcessEnv
  /** Milliseconds after which it is killed. */
  deadline: number
  /** Written to stdin. */
  input?: string
  /** Bytes of stdout after which it is killed. */
  maxOutput?: number
}

/** git did not do what it was asked: it ended otherwise than with 0, or was ended. */
export class GitFailure extends Error {
  readonly reason: 'exit' | 'deadline' | 'output' | 'missing'
  /** What git wrote to stderr. May carry credentials: never show it without `redact`. */
  readonly stderr: string

  constructor(reason: GitFailure['reason'], args: string[], stderr: string) {
    super(`git ${args[0]} failed`)
    this.name = 'GitFailure'
    this.reason = reason
    this.stderr = stderr
  }
}

/**
 * Runs git and gives its stdout as text. The only place that starts git.
 * @throws GitFailure
 */
export function git(call: GitCall): Promise<string> {
  return run(call, (client) => client.raw(call.args))
}

/**
 * `git cat-file` with the arguments given; its stdout as bytes.
 * @throws GitFailure
 */
export function gitCatFile(call: GitCall): Promise<Buffer> {
  return run(call, (client) => client.binaryCatFile(call.args))
}

let calls = 0

async function run<T>(given: GitCall, task: (client: SimpleGit) => PromiseLike<T>): Promise<T> {
  calls += 1
  const mark = `${process.pid}-${calls}`
  const call = { ...given, env: { ...given.env, [CALL]: mark } }
  const abort = new AbortController()
  let ended: GitFailure | undefined
  let stop: (failure: GitFailure) => void = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = (failure) => {
      ended ??= failure
      abort.abort()
      reject(ended)
    }
  })
  const late = () => stop(new GitFailure('deadline', call.args, `no answer within ${call.deadline} ms`))
  const timer = setTimeout(late, call.deadline)
  const exited = (stderr: string, reason: 'exit' | 'missing') => {
    ended ??= new GitFailure(reason, call.args, stderr)
  }
  try {
    const client = open(call, abort.signal, exited)
    if (call.maxOutput !== undefined) {
      limit(client, call.maxOutput, () => stop(new GitFailure('output', call.args, 'too much output')))
    }
    // Not only the abort: a helper of a killed git may keep its pipes open.
    return await Promise.race([task(client), stopped])
  } catch (error) {
    if (abort.signal.aborted) await killStragglers(mark)
    throw ended ?? error
  } finally {
    clearTimeout(timer)
  }
}

function open(
  call: GitCall,
  abort: AbortSignal,
  exited: (stderr: string, reason: 'exit' | 'missing') => void,
): SimpleGit {
  return simpleGit({
    baseDir: call.cwd,
    abort,
    // The default also ends 50 ms after `exit`, which on a busy machine cuts the output: half a listing of a
    // tree looks like a commit that deletes the other half.
    completion: { onClose: true, onExit: false },
    // The default takes a git that was killed by a signal, or that fails without a word, for a success.
    errors: (error, { exitCode, stdErr }) => {
      if (exitCode === 0) return error
      const stderr = Buffer.concat(stdErr).toString('utf8')
      exited(stderr, /^Error: spawn git ENOENT/.test(stderr) ? 'missing' : 'exit')
      return new GitError(undefined, 'git failed')
    },
    allowEnvironment: Object.keys(call.env),
    // simple-git keeps refusing --upload-pack and the like; these are the guarded settings that we make ourselves.
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeHooksPath: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true,
    },
    ...(call.input !== undefined && { input: () => call.input }),
  }).env(call.env)
}

function limit(client: SimpleGit, max: number, exceeded: () => void): void {
  client.outputHandler((_command, stdout) => {
    let size = 0
    stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > max) exceeded()
    })
  })
}
