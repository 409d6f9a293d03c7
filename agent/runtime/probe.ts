import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { killTree } from '../signals.ts'
import { execArgv } from './argv.ts'
import { type Context, filesOf } from './context.ts'
import { run } from './exec.ts'
import { processFile } from './exec-process.ts'
import { isInside } from './inside.ts'
import { readRecord } from './record.ts'
import type { ExecResult } from './runtime.ts'

/** Docker keeps this much of a probe's output. */
const MAX_OUTPUT = 4096

let probes = 0

export interface Probe {
  id: string
  argv: string[]
  /** Milliseconds. */
  timeout: number
}

/** Runs a command in a container, with the container's user, environment and limits; nothing of it outlives the timeout. */
export async function execIn(context: Context, { id, argv, timeout }: Probe): Promise<ExecResult> {
  probes += 1
  const name = join(filesOf(context, id).bundle, `exec-${process.pid}-${probes}`)
  const pidFile = `${name}.pid`
  const file = await processFile(context, { id, argv, file: `${name}.json` })
  try {
    const result = await run(execArgv(context.command, { id, pidFile, argv, file }), {
      timeout,
      input: '', // a pipe: crun gives what it gets as input to the user, and that would be the host's /dev/null
      maxOutput: MAX_OUTPUT,
      onTimeout: () => killProbe(context, id, pidFile),
    })
    const output = (result.stdout + result.stderr).slice(0, MAX_OUTPUT)
    return { exitCode: result.exitCode, output, timedOut: result.timedOut }
  } finally {
    await rm(pidFile, { force: true })
    if (file !== undefined) await rm(file, { force: true })
  }
}

/** Killing `crun exec` alone would leave the process in the container. */
export async function killProbe(context: Context, id: string, pidFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8'))
  const record = await readRecord(context.command.root, id)
  if (record === undefined) return
  const { info, paths } = context
  if (await isInside(pid, { id, pid: record.pid }, { cgroup: info.cgroup, paths })) killTree(pid)
}
