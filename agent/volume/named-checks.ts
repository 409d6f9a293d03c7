import type { SetpointError } from '../../schemas/error.ts'
import { type DriverOptions, VOLUME_NAME, type VolumeSpec } from '../../schemas/volume.ts'
import { mountFailure } from './failure.ts'
import type { Meta } from './meta.ts'

/** True for a name that a volume may have, as Docker's rule has it. */
export function isName(name: string): boolean {
  return VOLUME_NAME.test(name)
}

/** @throws SetpointError MOUNT_FAILED */
export function checkedName(name: string): string {
  if (isName(name)) return name
  throw mountFailure(`${JSON.stringify(name)} is no name for a volume.`, {
    hint: 'Letters, digits, `_`, `.` and `-`, the first a letter or digit, 255 at most.',
  })
}

/**
 * A volume keeps the options that it was made with, as Docker has it: other ones would show other data under its name.
 * One that is external says nothing of them.
 * @throws SetpointError MOUNT_FAILED that names what differs and not how, since options may hold a password
 */
export function checkSame({ name, driverOpts }: Meta, spec: VolumeSpec | undefined): void {
  if (!spec || spec.external) return
  const differing = differences(driverOpts, spec.driverOpts)
  if (differing.length === 0) return
  throw mountFailure(
    `The volume ${name} is on this host with other driver_opts: ${differing.join(', ')} ${differing.length === 1 ? 'differs' : 'differ'}. It is left as it is.`,
    {
      hint: 'Give the volume another key or name to have a new one made, or put the old driver_opts back.',
    },
  )
}

const KEYS = ['type', 'device', 'o'] as const

function differences(a: DriverOptions | undefined, b: DriverOptions | undefined): string[] {
  return KEYS.filter((key) => (a?.[key] ?? '') !== (b?.[key] ?? ''))
}

/** MOUNT_FAILED for an external volume; `data` is the folder that somebody has to make. */
export function noSuchVolume(name: string, data: string): SetpointError {
  return mountFailure(`The external volume ${name} is not on this host.`, {
    hint: `Make it with \`mkdir -p ${data}\`, or take \`external\` away to have it made.`,
  })
}
