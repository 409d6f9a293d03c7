import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { downloadArgv, parsePlan, simulateArgv } from '../../agent/image/build/packages.ts'
import { command, must } from './host-command.ts'
import { CACHE } from './host-images.ts'

const DOWNLOAD_WITHIN = 5 * 60_000

/** Puts Debian packages, with all that they depend on, where an agent with this state folder keeps its downloads. */
export async function givePackages(agentState: string, packages: string[]): Promise<void> {
  if (packages.length === 0) return
  const shared = await download(packages)
  await cp(shared, join(agentState, 'cache', 'debs'), { recursive: true })
}

/** Downloads once; kept in the clone's cache. */
async function download(packages: string[]): Promise<string> {
  const folder = join(CACHE, 'debs', packages.join('+'))
  await mkdir(join(folder, 'partial'), { recursive: true })
  await writeFile(join(folder, 'status'), '')
  const simulated = await command(simulateArgv(packages, folder))
  if (simulated.code !== 0) await must(['apt-get', 'update'], { timeout: DOWNLOAD_WITHIN })
  const wanted = parsePlan(
    simulated.code === 0 ? simulated.stdout : await must(simulateArgv(packages, folder)),
  )
  const have = await readdir(folder)
  if (wanted.some((file) => !have.includes(file))) {
    await must(downloadArgv(packages, folder), { timeout: DOWNLOAD_WITHIN })
  }
  return folder
}
