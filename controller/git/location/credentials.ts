import { readFile } from 'node:fs/promises'
import { SetpointError } from '../../../schemas/error.ts'
import type { Location } from './source-location.ts'

export interface Credentials {
  username?: string
  password?: string
}

/**
 * Who to be at an http(s) repository: what its URL says, else the first fitting line of a file in the form of
 * git-credential-store(1). The file is read here and not by `git credential-store`, since git erases a line from
 * it whenever a server answers 401; and it is read each time, so that a rotated password is used at the next poll.
 * @throws SetpointError SOURCE_DENIED when the file cannot be read
 */
export async function findCredentials(location: Location, file: string | undefined): Promise<Credentials> {
  const given: Credentials = {
    ...(location.username !== undefined && { username: location.username }),
    ...(location.password !== undefined && { password: location.password }),
  }
  if (given.password !== undefined || file === undefined || !/^https?:/i.test(location.argument)) return given
  const lines = (await read(file)).split('\n').map((line) => URL.parse(line.trim()))
  const wanted = new URL(location.argument)
  const line = lines.find((candidate) => candidate !== null && fits(candidate, wanted, given.username))
  return line ? { username: decode(line.username), password: decode(line.password) } : given
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new SetpointError('SOURCE_DENIED', `The credentials file ${file} cannot be read.`, {
      hint: 'It must exist and be readable by the controller; its form is that of git-credential-store.',
      cause,
    })
  }
}

function fits(line: URL, wanted: URL, username: string | undefined): boolean {
  const path = line.pathname.replace(/\/$/, '')
  return (
    line.protocol === wanted.protocol &&
    line.host === wanted.host &&
    (path === '' || path === wanted.pathname.replace(/\/$/, '')) &&
    (username === undefined || decode(line.username) === username)
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
