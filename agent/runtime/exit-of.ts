import { oomKills } from './cgroup/cgroup.ts'
import { conmonPid } from './conmon.ts'
import { type Context, filesOf } from './context.ts'
import type { ExitFile } from './exits.ts'
import { exists, stateOf } from './record.ts'
import type { Exit } from './runtime.ts'

/** Docker's word for a container of which nobody knows how it ended. */
const UNKNOWN_EXIT = 255

/** Runtime.exitOf: how a container has ended, whether conmon could write it down or not. `root`: the folder of its runtime. */
export async function exitOf(context: Context & { root: string }, id: string): Promise<Exit | undefined> {
  const file = await context.exits.read(id)
  if (file) return exitFrom(context, id, file)
  if ((await stateOf(context.root, id))?.status !== 'stopped') return undefined
  if (await conmonPid(id, filesOf(context, id).conmonPidFile)) return undefined // it is about to write the file
  const late = await context.exits.read(id)
  return exitFrom(context, id, late ?? { exitCode: UNKNOWN_EXIT, at: new Date().toISOString() })
}

/** What conmon has written of an end, with what the kernel knows of it. */
export async function exitFrom(context: Context, id: string, { exitCode, at }: ExitFile): Promise<Exit> {
  const { oom, cgroup } = filesOf(context, id)
  const oomKilled = oomKills(context.info.cgroup, cgroup) > 0 || (await exists(oom))
  return { id, exitCode, oomKilled, at }
}
