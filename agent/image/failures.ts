import { SetpointError } from '../../schemas/error.ts'
import { classify, registryOf, withoutSecrets } from '../../schemas/registry.ts'

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

/** A full disk, met while doing something; `said` is what the tool told of it. */
export function diskFull(doing: string, said: string): SetpointError {
  return new SetpointError('DISK_FULL', `The disk is full: ${doing} failed: ${said}`, {
    hint: 'Make room on the file system of containers-storage; what Setpoint itself had put there and nothing needs is gone.',
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
