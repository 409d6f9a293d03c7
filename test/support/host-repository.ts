import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { must } from './host-command.ts'

/** A file's new content; null removes it. */
export type Files = Record<string, string | null>

/** A real Git repository with a work tree, as a person has it. */
export interface Repository {
  path: string
  git(...args: string[]): Promise<string>
  /** Writes the files, commits all and gives the commit's id. */
  commit(files: Files, message?: string): Promise<string>
}

/** Makes an empty repository on branch `main`. */
export async function makeRepository(path: string): Promise<Repository> {
  await mkdir(path, { recursive: true })
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
  const git = async (...args: string[]) =>
    (await must(['git', '-C', path, ...identity, ...args], { env: gitEnvironment() })).trim()
  await git('init', '--quiet', '--initial-branch=main')
  return {
    path,
    git,
    commit: async (files, message = 'change') => {
      await write(path, files)
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '--message', message)
      return git('rev-parse', 'HEAD')
    },
  }
}

/** The environment without what a hook or a person's settings would change. */
function gitEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  return { ...Object.fromEntries(own), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
}

async function write(path: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name)
    if (content === null) await rm(file, { force: true })
    else {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
    }
  }
}
