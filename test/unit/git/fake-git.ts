import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { tempFolder } from './repositories.ts'

/** Lets a shell script stand for git until the test is over. */
export function useGit(script: string): void {
  const folder = tempFolder()
  const file = join(folder, 'git')
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
}

/** Writes down the command line of each call of git until the test is over. */
export function recordGit(): { calls(subcommand?: string): string[] } {
  const file = join(tempFolder(), 'calls')
  useGit(`echo "$*" >> ${file}\nexec /usr/bin/git "$@"`)
  return {
    calls(subcommand = '') {
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
      return lines.filter((line) => line !== '' && line.startsWith(subcommand))
    },
  }
}
