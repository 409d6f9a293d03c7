import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import { MAX_FILE_BYTES } from '../../schemas/source.ts'
import { isCode } from '../state/files.ts'

/** How many external configs are read. */
const MAX_CONFIGS = 1000

/** External configs as an operator puts them on the controller: the files of a folder by name. */
export interface Externals {
  /** As they were seen last; what cannot be read is told of once, and is as if it were not there. */
  externals(): ReadonlyMap<string, Buffer>
  /** Looks again. Resolves with whether one has changed. */
  look(): Promise<boolean>
}

/** The files of `folder`, none before the first look; there need be no such folder. */
export function externalConfigs(folder: string, log: Pick<Log, 'warn'>): Externals {
  let known: { stamp: string; configs: ReadonlyMap<string, Buffer> } = { stamp: '[]', configs: new Map() }

  async function look(): Promise<boolean> {
    const files = await filesIn(folder)
    const stamp = JSON.stringify(files)
    if (stamp === known.stamp) return false
    const configs = new Map<string, Buffer>()
    for (const { name, size } of files.slice(0, MAX_CONFIGS)) {
      const content = size > MAX_FILE_BYTES ? undefined : await readFile(join(folder, name)).catch(gone)
      if (content && content.length <= MAX_FILE_BYTES) configs.set(name, content)
      else
        log.warn(
          { folder, name, size },
          `An external config cannot be read, or is over ${MAX_FILE_BYTES} bytes`,
        )
    }
    if (files.length > MAX_CONFIGS)
      log.warn({ folder }, `Only the first ${MAX_CONFIGS} external configs are read`)
    known = { stamp, configs }
    return true
  }

  return { externals: () => known.configs, look }
}

interface Listed {
  name: string
  size: number
  changed: string
}

async function filesIn(folder: string): Promise<Listed[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return []
    throw error
  })
  const found = names.sort().map(async (name): Promise<Listed[]> => {
    const stats = await stat(join(folder, name), { bigint: true }).catch(gone)
    if (!stats?.isFile()) return []
    return [{ name, size: Number(stats.size), changed: `${stats.ino} ${stats.ctimeNs}` }]
  })
  return (await Promise.all(found)).flat()
}

function gone(): undefined {
  return undefined
}
