import { mkdir } from 'node:fs/promises'
import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { Logger } from 'pino'
import { makeNamedFolder } from '../schemas/common/folders.ts'
import { SetpointError } from '../schemas/error.ts'
import { type AgentOptions, agentVersion, HELP, parseOptions } from './options.ts'

/** The agent's process: reads its command line, and exits with 0 stopped as asked, 1 failed, 2 wrong usage. */
async function main(argv: string[]): Promise<void> {
  const options = parseOptions(argv, process.env)
  if (options === 'help') return void process.stdout.write(HELP)
  if (options === 'version') return void process.stdout.write(`setpoint-agent ${agentVersion()}\n`)
  await beLean(options)
  const log = await createLog(options)
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      log.fatal({ err: error }, 'The agent has a defect and ends; the containers run on')
      process.exit(1)
    })
  }
  try {
    await (options.down ? down(options, log) : run(options, log))
  } catch (error) {
    log.fatal({ err: error }, 'The agent cannot go on')
    throw error
  }
}

async function run(options: AgentOptions, log: Logger): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
  const { runAgent } = await import('./agent.ts')
  await runAgent(options, log, stop.signal)
}

async function down(options: AgentOptions, log: Logger): Promise<void> {
  const { takeDown } = await import('./down.ts')
  await takeDown(options, log, (line) => void process.stdout.write(`${line}\n`))
}

/** An agent lives beside what it runs: it trades some speed of its own code for memory, and compiles it only once. */
async function beLean({ state, down }: AgentOptions): Promise<void> {
  setFlagsFromString('--optimize-for-size')
  if (down) return
  const cache = join(state, 'cache')
  await makeNamedFolder(cache, '--state', (folder) => mkdir(folder, { mode: 0o700 }))
  enableCompileCache(cache)
}

/** JSON lines, written before the call returns: the last words of a process count most. */
async function createLog({ logLevel, logFile, down }: AgentOptions): Promise<Logger> {
  const { pino } = await import('pino')
  const settings = {
    level: down && logFile === undefined ? 'warn' : logLevel,
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  if (logFile !== undefined) await makeNamedFolder(dirname(logFile), '--log-file', mkdir)
  const dest = logFile === undefined ? { fd: 2 } : { dest: logFile, append: true }
  return pino(settings, pino.destination({ ...dest, sync: true }))
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    const known = error instanceof SetpointError ? error : undefined
    process.stderr.write(`setpoint-agent: ${known?.message ?? error?.stack ?? error}\n`)
    if (known?.hint) process.stderr.write(`  ${known.hint}\n`)
    process.exit(known?.code === 'USAGE' ? 2 : 1)
  },
)
