import { resolve } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'
import { DEFAULT_INTERVAL, DEFAULT_RETRY_INTERVAL, type SourceOptions } from '../../options.ts'
import { redact } from './redact.ts'
import { locate } from './source-location.ts'

export type SourceDefaults = Partial<
  Pick<SourceOptions, 'interval' | 'retryInterval' | 'allowEmpty' | 'credentialsFile'>
>

const HINT = 'The form is PATH|URL[#BRANCH[:DIR]], for example https://example.org/infra.git#main:stacks.'

/**
 * One `--source` of the command line: `PATH|URL[#BRANCH[:DIR]]`; `#:DIR` leaves the branch to the repository.
 * A local path becomes absolute.
 * @throws SetpointError USAGE
 */
export function parseSource(text: string, defaults: SourceDefaults = {}): SourceOptions {
  const [, url = '', fragment] = /^([^#]*)(?:#(.*))?$/s.exec(text.trim()) ?? []
  if (fragment === '') throw usage(`In the source ${redact(text)} nothing follows the #.`)
  const [, branch, directory] = /^([^:]*)(?::(.*))?$/s.exec(fragment ?? '') ?? []
  return checkSource({
    interval: DEFAULT_INTERVAL,
    retryInterval: DEFAULT_RETRY_INTERVAL,
    allowEmpty: false,
    ...defaults,
    url,
    directory: directory ?? '',
    ...(branch ? { branch } : {}),
  })
}

/**
 * The options as they are used: a local path absolute, branch and directory in their plain form.
 * @throws SetpointError USAGE for what git could misunderstand or what leads out of the source
 */
export function checkSource(options: SourceOptions): SourceOptions {
  const { branch, credentialsFile, ...rest } = options
  const path = locate(options.url).path
  return {
    ...rest,
    url: path ?? options.url,
    directory: checkDirectory(options.directory),
    ...(branch === undefined ? {} : { branch: checkBranch(branch) }),
    ...(credentialsFile === undefined ? {} : { credentialsFile: resolve(credentialsFile) }),
  }
}

// The rules of git-check-ref-format(1), for a branch.
function checkBranch(text: string): string {
  const branch = text.replace(/^refs\/heads\//, '')
  const parts = branch.split('/')
  const bad =
    /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\.$|^-|^@$/.test(branch) ||
    parts.some((part) => part === '' || part.startsWith('.') || part.endsWith('.lock'))
  if (bad) throw usage(`${JSON.stringify(text)} cannot be the name of a branch.`)
  return branch
}

function checkDirectory(text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (parts.includes('..') || /[\0-\x1f\x7f]/.test(text)) {
    throw usage(`The directory ${JSON.stringify(text)} leads out of the source.`)
  }
  return parts.join('/')
}

function usage(message: string): SetpointError {
  return new SetpointError('USAGE', message, { hint: HINT })
}
