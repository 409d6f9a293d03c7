import { dirname } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { gitEnvironment } from '../call/environment.ts'
import { git } from '../call/git.ts'
import type { Credentials } from '../location/credentials.ts'
import type { Location } from '../location/source-location.ts'

/** Milliseconds. */
const ASK_DEADLINE = 30_000
const MAX_ANSWER_BYTES = 1024 * 1024

export interface AskOptions {
  location: Location
  /** Absent: the branch that HEAD names. */
  branch: string | undefined
  credentials: Credentials
  /** A gitconfig to use instead of the user's. */
  globalConfig: string | undefined
  /** The folder that git is run in: an existing one that is in no repository's reach. */
  cwd: string
}

export interface RemoteHead {
  revision: string
  /** Empty when HEAD names no branch. */
  branch: string
}

/**
 * Asks a repository for the head of one branch: one `git ls-remote`, nothing is fetched.
 * @throws GitFailure, or SetpointError SOURCE_BRANCH_MISSING
 */
export async function askHead(options: AskOptions): Promise<RemoteHead> {
  const { location, branch, credentials, globalConfig, cwd } = options
  const ref = branch === undefined ? 'HEAD' : `refs/heads/${branch}`
  const symref = branch === undefined ? ['--symref'] : []
  const environment = gitEnvironment(location, {
    credentials,
    ...(globalConfig !== undefined && { globalConfig }),
  })
  const output = await git({
    args: ['ls-remote', ...symref, '--', location.argument, ref],
    cwd,
    env: { ...environment, GIT_CEILING_DIRECTORIES: dirname(cwd) },
    deadline: ASK_DEADLINE,
    maxOutput: MAX_ANSWER_BYTES,
  })
  return parse(output, ref, branch) ?? missing(options)
}

/** `ls-remote` also gives refs that merely end like the one asked for, so the whole name is compared. */
function parse(output: string, ref: string, branch: string | undefined): RemoteHead | undefined {
  const lines = output.split('\n').map((line) => line.split('\t'))
  const revision = lines.find(([value, name]) => name === ref && /^[0-9a-f]{40,64}$/.test(value ?? ''))?.[0]
  const target = lines.find(([value, name]) => name === ref && value?.startsWith('ref: '))?.[0]
  const named = target?.replace(/^ref: (refs\/heads\/)?/, '')
  return revision === undefined ? undefined : { revision, branch: branch ?? named ?? '' }
}

function missing({ location, branch }: AskOptions): never {
  const what = branch === undefined ? 'has no commits yet' : `has no branch ${branch}`
  throw new SetpointError('SOURCE_BRANCH_MISSING', `${location.display} ${what}.`, {
    hint: 'Push the branch, or name another one after the # of the source.',
  })
}
