import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlockLimits } from '../../../schemas/resources.ts'
import { blockDevicesOf } from './block-devices.ts'
import { type CgroupMode, fileOf } from './cgroup.ts'

/**
 * Sets the shares of block devices on cgroup v1, where crun knows the file of CFQ alone, which kernels from 5.0 on do not
 * have, and stops. On v2 both runtimes do it by themselves.
 */
export async function shareBlockDevices(
  mode: CgroupMode,
  path: string,
  block: BlockLimits | undefined,
): Promise<void> {
  const { weight, weights = [] } = block ?? {}
  if (mode === 'v2' || (weight === undefined && weights.length === 0)) return
  const folder = fileOf(mode, 'blkio', path)
  const name = existsSync(join(folder, 'blkio.weight')) ? 'blkio.weight' : 'blkio.bfq.weight'
  if (weight !== undefined) await writeFile(join(folder, name), String(weight))
  const devices = await blockDevicesOf({ weights })
  for (const { path: device, weight: share } of weights) {
    const { major, minor } = devices.get(device) ?? {}
    await writeFile(join(folder, `${name}_device`), `${major}:${minor} ${share}`)
  }
}
