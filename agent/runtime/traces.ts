import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CGROUP_ROOT } from './cgroup/cgroup.ts'
import { type Context, exitDirOf } from './context.ts'
import { isTemporary } from './exits.ts'
import { rootsOf } from './users/reachable.ts'

/** Runtime.traces. Roots are mounted below the folders of tasks. */
export async function tracesOf({ paths, info }: Context): Promise<string[]> {
  const group = `setpoint/${paths.instance}`
  const hierarchies = info.cgroup === 'v2' ? [''] : await namesIn(CGROUP_ROOT)
  const [tasks, roots, exits, ...cgroups] = await Promise.all([
    foldersIn(dirname(paths.taskRun('-'))),
    foldersIn(rootsOf(paths)),
    namesIn(exitDirOf(paths)),
    ...hierarchies.map((name) => foldersIn(join(CGROUP_ROOT, name, group))),
  ])
  return [...new Set([...tasks, ...roots, ...exits.filter((name) => !isTemporary(name)), ...cgroups.flat()])]
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(nothing)
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(nothing)
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

function nothing(error: NodeJS.ErrnoException): [] {
  if (!['ENOENT', 'ENOTDIR', 'ENODEV'].includes(error.code ?? '')) throw error
  return []
}
