import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Context, filesOf } from './context.ts'
import { killProbe } from './probe.ts'

/** What `execIn` names its files. */
const PROBE = /^exec-\d+-\d+\.(pid|json)$/

/** Ends the probes of an agent that was killed, which nobody waits for, and takes their files away. */
export async function endOldProbes(context: Context): Promise<void> {
  const ids = await readdir(dirname(context.paths.taskRun('-'))).catch(nothing)
  await Promise.all(ids.map((id) => endProbesOf(context, id)))
}

async function endProbesOf(context: Context, id: string): Promise<void> {
  const { bundle } = filesOf(context, id)
  const files = (await readdir(bundle).catch(nothing)).filter((name) => PROBE.test(name))
  for (const file of files.map((name) => join(bundle, name))) {
    if (file.endsWith('.pid')) await killProbe(context, id, file).catch(gone)
    await rm(file, { force: true })
  }
}

/** The probe ended while it was looked at. */
function gone(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ESRCH'].includes(error.code ?? '')) throw error
}

function nothing(error: NodeJS.ErrnoException): [] {
  if (!['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) throw error
  return []
}
