// `npm start`: Setpoint on this host with a demo repository, and what to try next.
import { statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectApi } from '../controller/cli/client/client.ts'
import { processContext } from '../controller/cli/context.ts'
import { stateFolder } from '../controller/cli/environment.ts'
import { reportError } from '../controller/cli/exit.ts'
import { run } from '../controller/cli/program.ts'
import { conditionOf, isReady, isTrue } from '../controller/cli/verdict.ts'
import type { StackStatus, StatusDocument } from '../schemas/status.ts'
import { ensureDemoRepository } from './demo-repository.ts'
import { nextSteps, takesNothing, whatRuns } from './start-text.ts'

const CLI = join(import.meta.dirname, 'setpoint.mjs')
const CONVERGED_WITHIN = 5 * 60_000
/** Milliseconds that something which is neither well nor given up may take to become one of the two. */
const SETTLED_WITHIN = 15_000
const URL_ON_HOST = 'http://127.0.0.1:8080/'

async function main(): Promise<number> {
  keepCompiled(join(import.meta.dirname, '..', 'node_modules'))
  const context = processContext()
  const given = process.argv.slice(2)
  if (given.length > 0) {
    for (const line of takesNothing(given)) context.err(line)
    return 2
  }
  const state = stateFolder(process.env)
  const repository = join(state, 'demo')
  try {
    const made = ensureDemoRepository(repository)
    context.out(`${made ? 'Made a Git repository from examples/hello in' : 'Git repository:'} ${repository}`)
  } catch (error) {
    return reportError(error, context)
  }
  const ready = Promise.withResolvers<'ready'>()
  const out = (line: string) => {
    context.out(line)
    if (line.startsWith('setpoint is ready')) ready.resolve('ready')
  }
  const ended = run(['up', '--source', repository, '--state', state], { ...context, out })
  // Before `up` is ready, a controller that a killed one has left may answer with what it thinks.
  if ((await Promise.race([ready.promise, ended])) === 'ready') {
    const status = await Promise.race([settled(state), ended])
    if (typeof status !== 'number') await tell(status, { state, repository })
  }
  return ended
}

/** As scripts/launch.mjs does it, for this process and for those that it starts. */
function keepCompiled(modules: string): void {
  if (statSync(modules).uid !== process.getuid?.()) return
  process.env.NODE_COMPILE_CACHE ||= join(modules, '.cache', 'setpoint')
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
}

/** Resolves when every stack has converged, or has come to something else that lasts. */
async function settled(state: string): Promise<StatusDocument> {
  const client = connectApi({ SETPOINT_STATE: state })
  const begin = Date.now()
  for (let tag: string | undefined; ; ) {
    try {
      const seen = await client.changes({ tag, timeout: 1_000 })
      if (isSettled(seen.document, Date.now() - begin)) return seen.document
      tag = seen.tag
    } catch {
      await pause(100) // the controller has ended and is started again, which `up` tells
    }
  }
}

function isSettled({ stacks, sources }: StatusDocument, waited: number): boolean {
  if (waited > CONVERGED_WITHIN || sources.some(({ error }) => error !== null)) return true
  if (sources.some(({ revision }) => revision === null)) return false
  const isLate = (stack: StackStatus) => stack.outcome !== 'rolling' && waited > SETTLED_WITHIN
  return stacks.length > 0 && stacks.every((stack) => rests(stack) || isLate(stack))
}

/** True when only a person or a commit changes more; adopted tasks are probed anew before they serve. */
function rests(stack: StackStatus): boolean {
  if (isReady(stack)) return true
  if (!isTrue(stack, 'Stalled') || conditionOf(stack, 'Ready')?.status === 'Unknown') return false
  if (stack.outcome === 'rolling') return false
  return stack.outcome === 'stalled' || stack.services.every(({ healthy, desired }) => healthy >= desired)
}

async function tell(status: StatusDocument, place: { state: string; repository: string }): Promise<void> {
  await pause(200) // `up` tells of the same in a line of its own, which should stand before this
  const answer = await fetchText(URL_ON_HOST)
  for (const line of whatRuns(status, answer ? { url: URL_ON_HOST, answer } : undefined)) console.log(line)
  for (const line of nextSteps(status, { ...place, url: URL_ON_HOST, cli: CLI })) console.log(line)
}

async function fetchText(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    return response.ok ? (await response.text()).trim() : undefined
  } catch {
    return undefined // told as such: no line says that it answers
  }
}

process.exit(await main())
