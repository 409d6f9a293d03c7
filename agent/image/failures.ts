import { SetpointError } from '../../schemas/error.ts'

/** What a failed command of buildah means for who asked. */
export type Failure = 'missing' | 'full' | 'trouble'

const FULL = /no space left on device|disk quota exceeded/i
const MISSING =
  /manifest unknown|name unknown|repository .*not found|unauthorized|authentication required|invalid username\/password|access to the resource is denied|requested access|does not resolve to an image|image not known|no such image|invalid reference format|status code 40[134]|reading manifest .*: not found/i

/** A full disk comes first: registries' words may stand in the same message. */
export function classify(stderr: string): Failure {
  if (FULL.test(stderr)) return 'full'
  return MISSING.test(stderr) ? 'missing' : 'trouble'
}

/** The error for an image that could not be pulled. */
export function pullError(reference: string, stderr: string): SetpointError {
  const said = lastLines(stderr, 1)
  switch (classify(stderr)) {
    case 'full':
      return diskFull(`pulling ${reference}`, said)
    case 'missing':
      return new SetpointError('IMAGE_NOT_FOUND', `${reference} was not found in its registry: ${said}`, {
        hint: 'Check the name and tag; for a private image give this host an auth file that may read it.',
      })
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

/** What a command said last, without log prefixes and colours. */
export function lastLines(text: string, count: number): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim().replace(/^Error: /, ''))
    .filter((line) => line !== '' && !line.startsWith('exit status '))
  return lines.slice(-count).join('\n') || 'it said nothing'
}
