import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { DEFAULT_INTERVAL, DEFAULT_RETRY_INTERVAL, type SourceOptions } from '../../../controller/options.ts'
import type { Log } from '../../../schemas/log.ts'

const IDENTITY = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org' }
const COMMITTER = { GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' }

/** A folder that is removed when the test is over. */
export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'setpoint-git-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function gitIn(folder: string, ...args: string[]): string {
  const env = {
    ...process.env,
    ...IDENTITY,
    ...COMMITTER,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  }
  return execFileSync('/usr/bin/git', args, { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' }).trim()
}

/** Contents by path; a symlink is given by its target. */
export type Files = Record<string, string | Buffer | { target: string } | { executable: string }>

export function writeFiles(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    rmSync(file, { force: true })
    if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(file, content)
    else if ('target' in content) symlinkSync(content.target, file)
    else writeFileSync(file, content.executable, { mode: 0o755 })
  }
}

export interface TestRepository {
  path: string
  git(...args: string[]): string
  /** Writes files, commits everything and gives the id of the commit. */
  commit(files: Files): string
}

/** A repository with a work tree and one commit on the branch main. */
export function makeRepository(
  files: Files = { 'web/compose.yaml': 'services: {}\n' },
  ...init: string[]
): TestRepository {
  const path = join(tempFolder(), 'infra')
  mkdirSync(path)
  const git = (...args: string[]) => gitIn(path, ...args)
  git('init', '-q', '-b', 'main', ...init)
  const commit = (changed: Files) => {
    writeFiles(path, changed)
    git('add', '-A')
    git('commit', '-q', '--allow-empty', '-m', 'change')
    return git('rev-parse', 'HEAD')
  }
  commit(files)
  return { path, git, commit }
}

export function sourceOptions(url: string, more: Partial<SourceOptions> = {}): SourceOptions {
  const intervals = { interval: DEFAULT_INTERVAL, retryInterval: DEFAULT_RETRY_INTERVAL }
  return { url, directory: '', allowEmpty: false, ...intervals, ...more }
}

export function testLog() {
  return { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn() } satisfies Log
}

/** Text of the files of a tree, by path. */
export function texts(tree: {
  files: Map<string, { content: Buffer | null }>
}): Record<string, string | null> {
  const entries = [...tree.files].map(([path, { content }]) => [path, content?.toString('utf8') ?? null])
  return Object.fromEntries(entries)
}
