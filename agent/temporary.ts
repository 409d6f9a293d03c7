import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Paths } from './paths.ts'

/** Files that are there only while this agent writes something, by the folder that they are in. */
function placesOf({ state, run }: Pick<Paths, 'state' | 'run'>): [folder: string, name: RegExp][] {
  const unfinished = /\.tmp$/
  return [
    [join(state, 'networks'), unfinished],
    [join(state, 'images'), unfinished],
    [join(state, 'secrets'), unfinished],
    [join(run, 'dns'), unfinished],
    // lists for mount(8); those of volumes may hold passwords
    [run, /^(mounts-\d+|volume-.+)$/],
  ]
}

/** Removes what an agent that was killed was just writing. Only for who holds the lock of the state folder. */
export async function removeTemporary(paths: Pick<Paths, 'state' | 'run'>): Promise<void> {
  await Promise.all(
    placesOf(paths).map(async ([folder, name]) => {
      const found = (await readdir(folder).catch(nothing)).filter((one) => name.test(one))
      await Promise.all(found.map((one) => rm(join(folder, one), { force: true })))
    }),
  )
}

function nothing(error: NodeJS.ErrnoException): [] {
  if (error.code !== 'ENOENT') throw error
  return []
}
