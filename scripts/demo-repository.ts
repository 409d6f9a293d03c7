import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetpointError } from '../schemas/error.ts'

const HELLO = join(import.meta.dirname, '..', 'examples', 'hello')

/**
 * Makes a Git repository with the stack `hello` at `path`, unless there is one; true when it was made. It is made
 * beside its place and moved there whole: who is killed leaves no half of one, and of two at once one makes it.
 */
export function ensureDemoRepository(path: string): boolean {
  if (isRepository(path)) return false
  mkdirSync(dirname(path), { recursive: true })
  const draft = mkdtempSync(`${path}.draft-`)
  try {
    fill(draft)
    chmodSync(draft, 0o755)
    return moveInto(draft, path)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function fill(path: string): void {
  cpSync(HELLO, join(path, 'hello'), { recursive: true })
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', path, ...args], { stdio: 'pipe', timeout: 30_000 })
  git('init', '--quiet', '--initial-branch=main')
  // an identity of its own, so that a person without one can commit here at once
  git('config', 'user.name', 'Setpoint demo')
  git('config', 'user.email', 'demo@setpoint.invalid')
  git('config', 'commit.gpgsign', 'false')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'The stack hello')
}

/** False when somebody else was faster. */
function moveInto(draft: string, path: string): boolean {
  try {
    renameSync(draft, path)
    return true
  } catch (cause) {
    if (isRepository(path)) return false
    throw new SetpointError(
      'USAGE',
      `The demo repository cannot be put at ${path}, which is something else.`,
      {
        hint: 'Move that away, or choose another state folder with SETPOINT_STATE=DIR.',
        cause,
      },
    )
  }
}

function isRepository(path: string): boolean {
  return existsSync(join(path, '.git'))
}
