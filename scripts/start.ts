// `npm start`: Setpoint on this host with a demo repository, and what to try next.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectApi } from '../controller/cli/client.ts'
import { stateFolder } from '../controller/cli/environment.ts'
import { isReady } from '../controller/cli/verdict.ts'
import type { StackStatus, StatusDocument } from '../schemas/status.ts'
import { ensureDemoRepository } from './demo-repository.ts'
import { nextSteps, whatRuns } from './start-text.ts'

const CLI = join(import.meta.dirname, 'setpoint.mjs')
const CONVERGED_WITHIN = 5 * 60_000
const URL_ON_HOST = 'http://127.0.0.1:8080/'

async function main(): Promise<void> {
  const state = stateFolder(process.env)
  const repository = join(state, 'demo')
  const made = ensureDemoRepository(repository)
  console.log(`${made ? 'Made a Git repository from examples/hello in' : 'Git repository:'} ${repository}`)

  const up = spawn(process.execPath, [CLI, 'up', '--source', repository, '--state', state], {
    stdio: 'inherit',
  })
  const ended = once(up, 'exit').then(([code]) => Number(code ?? 1))
  passSignals(up)
  const status = await Promise.race([settled(state), ended])
  if (typeof status !== 'number') await tell(status, { state, repository })
  process.exit(await ended)
}

/** Resolves when every stack has converged, or has come to something else that lasts. */
async function settled(state: string): Promise<StatusDocument> {
  const client = connectApi({ ...process.env, SETPOINT_STATE: state })
  const end = Date.now() + CONVERGED_WITHIN
  for (let tag: string | undefined; ; ) {
    try {
      const seen = await client.changes({ tag, timeout: 5_000 })
      if (isSettled(seen.document) || Date.now() > end) return seen.document
      tag = seen.tag
    } catch {
      await pause(100) // `up` is still starting; when it fails it says so itself and ends
    }
  }
}

/** A host must have reported: before that nothing that is said of a stack lasts. */
function isSettled({ stacks, sources, hosts }: StatusDocument): boolean {
  const failed = sources.some(({ error }) => error !== null)
  return failed || (hosts.length > 0 && stacks.length > 0 && stacks.every(rests))
}

function rests(stack: StackStatus): boolean {
  const begun = stack.revision.attempted !== null || stack.problems.length > 0
  return begun && stack.outcome !== 'rolling' && (stack.outcome !== 'converged' || isReady(stack))
}

async function tell(status: StatusDocument, place: { state: string; repository: string }): Promise<void> {
  await pause(200) // `up` tells of the same in a line of its own, which should stand before this
  const answer = await fetchText(URL_ON_HOST)
  for (const line of whatRuns(status, answer && { url: URL_ON_HOST, answer })) console.log(line)
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

/** `up` takes a Ctrl-C that comes twice, from the terminal and from here, as one. */
function passSignals(up: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => up.kill(signal))
}

await main()
