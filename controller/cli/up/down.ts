import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { SetpointError } from '../../../schemas/error.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit.ts'
import { entryPoint, type Layout, layoutOf } from './layout.ts'
import { stopLeftovers } from './leftovers.ts'
import { livingProcess, removePidFile, takePidFile } from './pid-file.ts'
import { stopProcess } from './process-table.ts'
import { describeExit, runToEnd } from './spawn.ts'

export interface DownOptions {
  /** Absolute path. */
  state: string
  volumes: boolean
}

/** Milliseconds that `up` gets to stop its three, and that the tasks get for their grace periods. */
const UP_DEADLINE = 60_000
const TASKS_DEADLINE = 600_000

/**
 * Stops `up` and what it may have left behind, then has the agent remove every task of the state folder.
 * @throws SetpointError ALREADY_RUNNING while another one does, or RUNTIME_FAILED when something cannot be removed
 */
export async function runDown(context: Context, options: DownOptions): Promise<number> {
  const layout = layoutOf(options.state)
  takeLock(layout)
  try {
    await takeDown(context, options, layout)
  } finally {
    removePidFile(layout.downLock)
  }
  return EXIT.yes
}

function takeLock({ state, downLock }: Layout): void {
  if (!existsSync(dirname(downLock))) return // no `up` has run on it
  const holder = takePidFile(downLock)
  if (!holder) return
  throw new SetpointError(
    'ALREADY_RUNNING',
    `Another \`setpoint down\` is at work in ${state} (process ${holder.pid}).`,
    { hint: 'Wait for its end.' },
  )
}

async function takeDown(context: Context, { state, volumes }: DownOptions, layout: Layout): Promise<void> {
  let done = 0
  const telling = {
    ...context,
    out: (line: string) => {
      done++
      context.out(line)
    },
  }
  await stopUp(telling, layout)
  for (const name of await stopLeftovers(layout)) telling.out(`stopped the ${name} that a killed up had left`)
  // Without its mark the folder is somebody else's, who may have a folder `redis` in it.
  if (existsSync(layout.agentFlags)) {
    await removeTasks(telling, layout, volumes)
    // Jobs for tasks that are gone; controller and agent keep what counts on their own disks.
    rmSync(layout.redisFolder, { recursive: true, force: true })
  }
  const last = done === 0 ? [`nothing to take down in ${state}`] : whatStays(layout, volumes)
  for (const line of last) context.out(line)
}

async function stopUp(context: Context, layout: Layout): Promise<void> {
  const up = livingProcess(layout.lock)
  if (!up) return
  context.out(`stopping setpoint up (process ${up.pid})`)
  if ((await stopProcess(up, UP_DEADLINE)) === 'killed') context.err('setpoint up had to be killed')
}

function whatStays(layout: Layout, volumes: boolean): string[] {
  const buildah = ['buildah', ...storageFlags(layout)].join(' ')
  return [
    'All is down. What stays:',
    `  ${layout.state}: records and logs${volumes ? '' : ', and the volumes'}; rm -rf removes it`,
    `  the images: ${buildah} images lists them, ${buildah} rmi IMAGE removes one`,
  ]
}

/** The flags of buildah for the storage that the agent was given. */
function storageFlags(layout: Layout): string[] {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: savedFlags(layout),
    options: { 'storage-root': text, 'storage-run': text },
    strict: false,
  })
  const { 'storage-root': root, 'storage-run': run } = values
  return [
    ...(typeof root === 'string' ? ['--root', root] : []),
    ...(typeof run === 'string' ? ['--runroot', run] : []),
  ]
}

async function removeTasks(context: Context, layout: Layout, volumes: boolean): Promise<void> {
  const log = ['--log-file', layout.log('agent')]
  const flags = [...savedFlags(layout), ...log, '--down', ...(volumes ? ['--volumes'] : [])]
  const argv = [process.execPath, entryPoint('agent'), ...flags]
  const exit = await runToEnd(argv, { out: context.out, err: context.err, deadline: TASKS_DEADLINE })
  if (exit.code === 0) return
  throw new SetpointError('RUNTIME_FAILED', `Not everything could be removed (${describeExit(exit)}).`, {
    hint: `Fix what is told above and run \`setpoint down\` again; the journals of the tasks are in ${layout.agentState}.`,
  })
}

/** The flags that the agent last ran with; the folder alone if they cannot be read. */
function savedFlags({ agentFlags, agentState }: Layout): string[] {
  try {
    const flags: unknown = JSON.parse(readFileSync(agentFlags, 'utf8'))
    if (Array.isArray(flags)) return flags.map(String)
  } catch {
    // What was written by a killed `up` may be half a file.
  }
  return ['--state', agentState]
}
