import { lstat } from 'node:fs/promises'
import type { VolumeSpec } from '../../schemas/volume.ts'
import { absent } from '../disk.ts'
import { lookAt } from '../runtime/look.ts'
import { mountFailure } from './failure.ts'
import { mountAt } from './mounted.ts'
import { noSuchVolume } from './named-checks.ts'

/**
 * Where somebody has put the data of a volume beforehand that no other folder can take the place of: on a disk that is
 * mounted there, or where a link leads. Undefined when they are in a folder like any other, or not there yet.
 * @throws SetpointError MOUNT_FAILED for an external one that is not there, and for what is no folder
 */
export async function elsewhere(data: string, spec: VolumeSpec | undefined): Promise<string | undefined> {
  const found = await lookAt(data)
  if (spec?.external && !found?.isFolder) throw noSuchVolume(spec.name, data)
  const isLink = (await lstat(data).catch(absent))?.isSymbolicLink()
  if (!found) {
    if (isLink) throw mountFailure(`${data} is a link that leads nowhere.`)
    return undefined
  }
  if (!found.isFolder) throw mountFailure(`${data} is no folder.`)
  return isLink || (await mountAt(found.real)) ? found.real : undefined
}
