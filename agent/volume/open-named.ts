import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import type { DriverOptions, Mount, VolumeSpec } from '../../schemas/volume.ts'
import { mountOf, readMounts } from '../mountinfo.ts'
import type { Paths } from '../paths.ts'
import { endCopies } from './copy.ts'
import { elsewhere } from './elsewhere.ts'
import { copyFromImage, makeFilled } from './fill.ts'
import { type Meta, readMeta, writeMeta } from './meta.ts'
import { isEmpty, mountAt, mountVolume } from './mounted.ts'
import { checkedName, checkSame } from './named-checks.ts'
import { dataOf, mountsFolder, volumesFolder } from './places.ts'

export interface NamedOptions {
  paths: Pick<Paths, 'state' | 'run'>
  log: Pick<Log, 'info'>
}

/** A volume that a mount names, and the image that may fill it. */
export interface Wanted {
  mount: Mount
  spec: VolumeSpec | undefined
  imageRoot: string
}

/**
 * The folder of a volume on this host, made, filled and mounted if it was not.
 * @throws SetpointError MOUNT_FAILED or DISK_FULL
 */
export async function openNamed(wanted: Wanted, { paths, log }: NamedOptions): Promise<string> {
  const { mount, spec, imageRoot } = wanted
  const name = checkedName(mount.source)
  const home = join(volumesFolder(paths), name)
  const meta = await readMeta(home)
  if (meta) checkSame(meta, spec)
  const options = meta ? meta.driverOpts : spec?.driverOpts
  const known = meta ?? metaOf(name, spec)
  if (options) return openMounted({ home, known, isNew: !meta, options }, wanted, { paths, log })
  const data = dataOf(home)
  if (meta && !meta.filling) return data
  const place = await elsewhere(data, spec)
  if (place !== undefined) await fillInPlace(place, { home, known, isNew: true }, wanted)
  else {
    if (mount.noCopy) await mkdir(data, { recursive: true })
    else await makeFilled({ data, imageRoot, target: mount.target })
    await writeMeta(home, known)
  }
  log.info({ volume: name }, 'Volume made')
  return data
}

interface Known {
  home: string
  known: Meta
  isNew: boolean
}

/** A volume with `driver_opts`. */
interface Mountable extends Known {
  options: DriverOptions
}

async function openMounted(
  { home, known, isNew, options }: Mountable,
  wanted: Wanted,
  { paths, log }: NamedOptions,
): Promise<string> {
  const target = join(mountsFolder(paths), known.name)
  const isMounted = (await mountAt(target)) !== undefined
  if (!isMounted) {
    await mountVolume(known.name, options, { target, list: join(paths.run, `volume-${known.name}`) })
    log.info({ volume: known.name, type: options.type }, 'Volume mounted')
  }
  // one that is mounted and not known yet was mounted by an agent that was killed before it had filled it
  if (!isMounted || isNew || known.filling) await fillInPlace(target, { home, known, isNew }, wanted)
  return target
}

/** Fills a folder that stays where it is; what was begun is written down, to go on with after a crash. */
async function fillInPlace(
  data: string,
  { home, known, isNew }: Known,
  { mount, imageRoot }: Wanted,
): Promise<void> {
  const { filling, ...whole } = known
  if (!mount.noCopy && (await mayBeFilled(data, filling))) {
    if (filling) await endCopies(data)
    await writeMeta(home, { ...whole, filling: true })
    await copyFromImage({ data, imageRoot, target: mount.target })
    await writeMeta(home, whole)
  } else if (isNew) await writeMeta(home, whole)
}

/** What was begun goes on; else only an empty one is filled, and one that can be written. */
async function mayBeFilled(data: string, filling: true | undefined): Promise<boolean> {
  if (filling) return true
  return mountOf(data, await readMounts())?.readOnly === false && (await isEmpty(data))
}

function metaOf(name: string, spec: VolumeSpec | undefined): Meta {
  return {
    name,
    labels: spec?.labels ?? {},
    external: spec?.external ?? false,
    createdAt: new Date().toISOString(),
    ...(spec?.driverOpts && { driverOpts: spec.driverOpts }),
  }
}
