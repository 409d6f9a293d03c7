import { realpathSync } from 'node:fs'
import { isAbsolute } from 'node:path'

/**
 * The working folder by the name under which it was entered: the shell's `PWD` where that leads to it, so that a
 * project in a folder behind a symlink is named after the symlink.
 */
export function workingFolder({ PWD: entered }: Readonly<NodeJS.ProcessEnv>, real = process.cwd()): string {
  return entered !== undefined && isAbsolute(entered) && leadsTo(entered, real) ? entered : real
}

function leadsTo(path: string, real: string): boolean {
  try {
    return realpathSync(path) === real
  } catch {
    return false
  }
}
