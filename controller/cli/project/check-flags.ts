import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import type { ConfigFlags } from './config-flags.ts'
import { LISTINGS } from './listings.ts'

/**
 * Looks for flags that cannot be meant.
 * @throws SetpointError USAGE
 */
export function checkFlags(flags: ConfigFlags, cwd: string): void {
  const { file, envFile, projectDirectory: folder } = flags
  const address = [...file, ...envFile].find((path) => /^[a-z][a-z\d+.-]*:\/\//i.test(path))
  if (address !== undefined) {
    throw wrong(`${address} is an address, and only files are read.`, 'Fetch it first, and name the file.')
  }
  if (folder !== undefined && !isFolder(resolve(cwd, folder))) {
    throw wrong(`There is no folder ${folder}.`, 'Name one that is there with --project-directory.')
  }
  const listings = LISTINGS.filter((name) => flags[name]).map((name) => `--${name}`)
  if (listings.length > 1) {
    throw wrong(`Only one of ${listings.join(' and ')} can be printed.`, 'Run the command once for each.')
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function wrong(message: string, hint: string): SetpointError {
  return new SetpointError('USAGE', message, { hint })
}
