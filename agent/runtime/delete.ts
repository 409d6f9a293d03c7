import { mkdir, writeFile } from 'node:fs/promises'
import { isAlive } from '../processes.ts'
import { signal } from '../signals.ts'
import { deleteArgv } from './argv.ts'
import { oomKills } from './cgroup/cgroup.ts'
import { conmonPid } from './conmon.ts'
import { type Context, filesOf } from './context.ts'
import { run } from './exec.ts'
import { explain } from './explain.ts'
import { exists, readRecord } from './record.ts'

/** Milliseconds that the runtime may take to delete a container. */
const DELETE_DEADLINE = 30_000
/** Milliseconds that conmon may take to write down an exit after the process is gone. */
const EXIT_DEADLINE = 10_000

/**
 * Removes a container, killing it when it runs. Returns after its conmon has had its say, so that the exit of this run
 * is never taken for one of the next.
 */
export async function deleteContainer(context: Context, id: string): Promise<void> {
  const { root } = context.command
  const record = await readRecord(root, id)
  if (record && isAlive(record)) signal(record.pid, 'SIGKILL')
  await conmonDone(context, id)
  if (!(await exists(filesOf(context, id).record))) return
  await noteOom(context, id)
  const result = await run(deleteArgv(context.command, id), { timeout: DELETE_DEADLINE })
  if (result.exitCode === 0 || !(await exists(filesOf(context, id).record))) return
  const said = result.timedOut ? 'it did not end in time' : result.stderr
  throw explain(`the container of task ${id} cannot be removed`, said)
}

async function noteOom({ info, ...context }: Context, id: string): Promise<void> {
  const { bundle, cgroup, oom } = filesOf(context, id)
  if (oomKills(info.cgroup, cgroup) === 0) return
  await mkdir(bundle, { recursive: true })
  await writeFile(oom, '')
}

async function conmonDone(context: Context, id: string): Promise<void> {
  const { conmonPidFile } = filesOf(context, id)
  if ((await conmonPid(id, conmonPidFile)) === undefined) return
  if (await context.exits.wait(id, EXIT_DEADLINE)) return
  const pid = await conmonPid(id, conmonPidFile)
  if (pid === undefined) return
  context.log.warn({ task: id, pid }, 'conmon did not note the exit of its container and is killed')
  signal(pid, 'SIGKILL')
}
