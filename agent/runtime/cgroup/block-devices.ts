import { stat } from 'node:fs/promises'
import type { BlockLimits } from '../../../schemas/resources.ts'
import { unable } from '../abilities.ts'
import type { BlockDevice, BlockDevices } from './limits.ts'

/**
 * Looks up the devices that limits name on this host.
 * @throws SetpointError HOST_UNABLE for a path that is no block device here
 */
export async function blockDevicesOf(block: BlockLimits | undefined): Promise<BlockDevices> {
  const {
    weights = [],
    readBytes = [],
    writeBytes = [],
    readOperations = [],
    writeOperations = [],
  } = block ?? {}
  const lists = [weights, readBytes, writeBytes, readOperations, writeOperations]
  const paths = new Set(lists.flatMap((list) => list.map(({ path }) => path)))
  return new Map(await Promise.all([...paths].map(async (path) => [path, await blockDevice(path)] as const)))
}

async function blockDevice(path: string): Promise<BlockDevice> {
  const found = await stat(path).catch((cause) => {
    throw unable(
      `blkio_config names ${path}, which is not there`,
      'See `lsblk -p` for the block devices of the host.',
      cause,
    )
  })
  if (found.isBlockDevice()) return deviceNumber(found.rdev)
  throw unable(
    `blkio_config names ${path}, which is no block device`,
    'See `lsblk -p` for the block devices of the host.',
  )
}

/** major(3) and minor(3) of glibc. */
export function deviceNumber(rdev: number): BlockDevice {
  const device = BigInt(rdev)
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn)
  return { major: Number(major), minor: Number(minor & 0xffffffffn) }
}
