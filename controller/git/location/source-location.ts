import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetpointError } from '../../../schemas/error.ts'
import { redact } from './redact.ts'

/** A URL or path taken apart, so that what is secret in it goes neither into argv nor in front of people. */
export interface Location {
  /** What git is told: without password, and over http without user name too, since that may be a token. */
  argument: string
  /** What people are shown. */
  display: string
  /** Absolute path of what is on this machine; null: a remote. */
  path: string | null
  username?: string
  password?: string
}

const HINT = 'Give a path, or a URL with https://, http://, ssh:// or file://, or user@host:path.'
const SCP = /^(?:[^/@:\s]+@)?(?:\[[^\]\s]+\]|[^/@:\s]+):(?!\/\/).+$/

/**
 * Reads a source's URL as git would, and refuses what could make git run something.
 * @throws SetpointError USAGE
 */
export function locate(url: string): Location {
  refuseHostile(url)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return SCP.test(url) && !isAbsolute(url) ? remote(url) : local(resolve(url))
  if (scheme === 'file') return local(filePath(url))
  if (scheme === 'http' || scheme === 'https' || scheme === 'ssh') return withUserInfo(url, scheme)
  throw usage(`The source ${redact(url)} uses ${scheme}://, which Setpoint does not fetch from.`)
}

function refuseHostile(url: string): void {
  if (url.trim() === '') throw usage('The source is empty.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x1f\x7f]/.test(url)) throw usage('The source has a control character in its URL.')
  if (url.startsWith('-')) throw usage(`The source ${redact(url)} would be taken for an option by git.`)
  if (/^[a-z0-9+.-]+::/i.test(url)) {
    throw usage(`The source ${redact(url)} names a git remote helper, which Setpoint never runs.`)
  }
}

function local(path: string): Location {
  return { argument: path, display: path, path }
}

function remote(url: string): Location {
  const host = url.replace(/^[^@:/]*@/, '')
  if (host.startsWith('-')) throw usage(`The host of the source ${url} would be taken for an option by ssh.`)
  if (/^[^/:]+:[^/]*@/.test(url)) throw usage('The source looks like user:password@host without a scheme.')
  return { argument: url, display: url, path: null }
}

function filePath(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw usage(`The source ${redact(url)} is not a file URL of this machine.`, cause)
  }
}

function withUserInfo(url: string, scheme: string): Location {
  const parsed = parse(url)
  const [, start = '', userInfo, rest = ''] = /^([^:]+:\/\/)(?:([^/?#]*)@)?(.*)$/s.exec(url) ?? []
  if (rest.startsWith('-')) throw usage('The host of the source would be taken for an option by ssh.')
  if (userInfo === undefined) return { argument: url, display: url, path: null }
  const user = scheme === 'ssh' && parsed.username !== '' ? `${parsed.username}@` : ''
  const shown = `${start}${user}${rest}`
  return {
    argument: shown,
    display: shown,
    path: null,
    ...(parsed.username !== '' && { username: decoded(parsed.username) }),
    ...(parsed.password !== '' && { password: decoded(parsed.password) }),
  }
}

function parse(url: string): URL {
  try {
    const parsed = new URL(url)
    if (parsed.hostname !== '') return parsed
  } catch {
    // The message of URL carries the whole input, so it is no cause to hand on.
  }
  // Where the user information ends cannot be known, so nothing before the last @ is shown.
  throw usage(`The source …${redact(url.slice(url.lastIndexOf('@') + 1))} is not a valid URL.`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function usage(message: string, cause?: unknown): SetpointError {
  return new SetpointError('USAGE', message, { hint: HINT, ...(cause === undefined ? {} : { cause }) })
}
