import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const HELLO = join(import.meta.dirname, '..', 'examples', 'hello')

/** Makes a Git repository with the stack `hello` at `path`, unless there is one; true when it was made. */
export function ensureDemoRepository(path: string): boolean {
  if (existsSync(join(path, '.git'))) return false
  mkdirSync(path, { recursive: true })
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
  return true
}
