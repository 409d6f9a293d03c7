import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../../schemas/log.ts'

/** Removes the downloaded packages of builds that were not read since a time (ms). */
export async function removePackages(folder: string, before: number, log: Pick<Log, 'info'>): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.deb'))
  const old: string[] = []
  for (const name of names) {
    const { atimeMs, mtimeMs } = await stat(join(folder, name))
    if (Math.max(atimeMs, mtimeMs) < before) old.push(name)
  }
  for (const name of old) await rm(join(folder, name), { force: true })
  if (old.length > 0)
    log.info({ packages: old.length }, 'Downloaded packages removed: no build has used them')
}
