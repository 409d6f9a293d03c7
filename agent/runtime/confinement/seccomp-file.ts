import { readFile, stat } from 'node:fs/promises'
import { release } from 'node:os'
import type { SeccompProfile } from '../../../schemas/seccomp.ts'
import { unable } from '../abilities.ts'
import { goArch, type LinuxSeccomp, ownSeccomp } from './seccomp.ts'

const MAX_BYTES = 1024 * 1024

/**
 * The filter of a profile on the host, in the form that Docker takes (docker run §seccomp): as it is written, without
 * the tightening that the default has.
 * @throws SetpointError HOST_UNABLE when there is no such profile here
 */
export async function seccompFromFile(file: string, capabilities: string[]): Promise<LinuxSeccomp> {
  try {
    if ((await stat(file)).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`)
    const profile = JSON.parse(await readFile(file, 'utf8')) as SeccompProfile
    if (typeof profile.defaultAction !== 'string') throw new Error('it has no defaultAction')
    return seccompFromProfile(profile, capabilities)
  } catch (cause) {
    throw unable(
      `the seccomp profile ${file} cannot be read on this host: ${(cause as Error).message}`,
      'Put the profile there, as JSON in the form that Docker takes.',
      cause,
    )
  }
}

/** The filter of a profile that came with the task. */
export function seccompFromProfile(profile: SeccompProfile, capabilities: string[]): LinuxSeccomp {
  return ownSeccomp(profile, { arch: goArch(), capabilities, kernel: release() })
}
