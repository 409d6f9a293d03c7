import { SetpointError } from '../../schemas/error.ts'
import { registryOf } from './reference.ts'

/** What a failed command of buildah means for who asked. Only `trouble` may pass by itself. */
export type Failure = 'missing' | 'denied' | 'full' | 'trouble'

const FULL = /no space left on device|disk quota exceeded/i
const DENIED =
  /unauthorized|authentication required|invalid username\/password|access to the resource is denied|requested access|status code 40[13]|40[13] \((?:Unauthorized|Forbidden)\)|error getting credentials|authentication failed/i
const MISSING =
  /manifest unknown|name unknown|repository .*not found|does not resolve to an image|image not known|no such image|invalid reference format|status code 404|reading manifest .*: not found|no image found in (?:manifest list|image index)/i

/** A full disk comes first: registries' words may stand in the same message. */
export function classify(stderr: string): Failure {
  if (FULL.test(stderr)) return 'full'
  if (MISSING.test(stderr)) return 'missing'
  return DENIED.test(stderr) ? 'denied' : 'trouble'
}

/** The error for an image that could not be pulled. */
export function pullError(reference: string, stderr: string): SetpointError {
  const said = withoutSecrets(lastLines(stderr, 1))
  switch (classify(stderr)) {
    case 'full':
      return diskFull(`pulling ${reference}`, said)
    case 'missing':
      return new SetpointError('IMAGE_NOT_FOUND', `${reference} was not found in its registry: ${said}`, {
        hint: 'Check the name, the tag and the platform.',
      })
    case 'denied':
      return new SetpointError(
        'IMAGE_PULL_FAILED',
        `${registryOf(reference)} does not let this host pull ${reference}: ${said}`,
        {
          hint: 'Its credentials in the auth file of this host are missing, wrong or expired, or the registry has no such repository. The file is read for each pull.',
        },
      )
    case 'trouble':
      return new SetpointError('IMAGE_PULL_FAILED', `${reference} could not be pulled: ${said}`, {
        hint: 'See whether this host reaches the registry; the pull is tried again.',
      })
  }
}

export function diskFull(doing: string, said: string): SetpointError {
  return new SetpointError('DISK_FULL', `The disk is full: ${doing} failed: ${said}`, {
    hint: 'Make room on the file system of containers-storage, e.g. with `buildah rmi --prune`.',
  })
}

/**
 * A message without what may let somebody in: a user and password in a URL, its query (storage behind a registry is
 * reached by signed URLs), and what a credential helper has printed.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/out: [`"'].*/s, 'out: …')
    .replace(/(\w+:\/\/)[^\s/@"]*@/g, '$1…@')
    .replace(/(\w+:\/\/[^\s"?]*)\?[^\s"]*/g, '$1?…')
    .replace(/\b(bearer|basic) [\w.~+/=-]+/gi, '$1 …')
}

/** What a command said last, without log prefixes and colours. */
export function lastLines(text: string, count: number): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim().replace(/^Error: /, ''))
    .filter((line) => line !== '' && !line.startsWith('exit status '))
  return lines.slice(-count).join('\n') || 'it said nothing'
}
