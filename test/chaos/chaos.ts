import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StatusDocument } from '../../schemas/status.ts'
import { HOST_ADDRESS, type TestHost } from '../support/host.ts'
import { type Asker, startAsker } from './ask.ts'
import type { ChaosOptions } from './chaos-test.ts'
import { FIRST_FLEET, type Fleet, fleetFiles, stacksOf, UDP_PORT, VIP_PORT, WEB_PORT } from './fleet.ts'
import {
  addressesAreUnique,
  eachRunsOnce,
  linesAreWhole,
  namesResolve,
  nothingLeaks,
  strangers,
} from './invariants.ts'
import { startLoad } from './load.ts'
import { randomOf } from './random.ts'
import { describeRound, nextRound, type Round } from './round.ts'
import { strike } from './strike.ts'
import { lookAt, servingIn, type View, viewOf } from './view.ts'

/** Milliseconds that a fleet gets to be as it should after a round. */
const DEADLINE = 60_000
const LOOK_AGAIN = 250

/** What lasts from round to round. */
interface Course {
  host: TestHost
  view: View
  asker: Asker
  fleet: Fleet
  revision: string
  /** What the volume held at the end of the round before. */
  lines: string
  /** Processes that were of no part of Setpoint at the end of the round before. */
  strangers: Map<number, string>
}

/**
 * Rounds of killing parts of a host under load. After each the whole host has to come to what is committed, with nothing
 * twice, nothing lost and nothing left over.
 * @throws Error with seed, round, what was killed and what differs
 */
export async function runChaos({ host, seed, rounds, tell }: ChaosOptions): Promise<void> {
  const random = randomOf(seed)
  const revision = await host.commit(fleetFiles(FIRST_FLEET), 'the fleet')
  const course: Course = {
    ...{ host, view: viewOf(host), asker: startAsker(host), fleet: FIRST_FLEET, revision },
    ...{ lines: '', strangers: new Map() },
  }
  const load = startLoad(host, [WEB_PORT, VIP_PORT])
  let words = 'before the first round'
  try {
    await settled(course)
    for (let number = 1; number <= rounds; number++) {
      const round = nextRound(number, course.fleet, random)
      words = describeRound(round)
      const began = Date.now()
      const hit = await carryOut(course, round)
      words = `${words}\n  killed: ${hit.join('; ')}`
      await settled(course)
      tell(`${describeRound(round)} -> ${hit.join('; ')}: ${Date.now() - began} ms, ${load.summary()}`)
    }
  } catch (error) {
    throw new Error(`CHAOS_SEED=${seed}: ${words}\n${(error as Error).message}\n${await host.said()}`)
  } finally {
    await load.close()
    course.asker.close()
  }
}

async function carryOut(course: Course, { strikes, commit, midRollout }: Round): Promise<string[]> {
  const { host, view } = course
  const struck = strikes.map((one) => strike(host, view, one))
  if (commit) {
    course.revision = await host.commit(fleetFiles(commit))
    course.fleet = commit
    if (midRollout) struck.push(inMidRollout(course))
  }
  return Promise.all(struck)
}

/** A stack that only comes or goes, or a commit that is in force by now, has no rollout that could be seen. */
async function inMidRollout({ host, view, revision }: Course): Promise<string> {
  const begun = (status: StatusDocument): boolean =>
    status.stacks.some(({ services }) =>
      services.some(({ tasks }) =>
        tasks.some((task) => task.revision === revision && task.state !== 'removed'),
      ),
    )
  await host.until(begun, 5_000).catch(() => undefined)
  return strike(host, view, { target: 'agent', which: 0, at: 0 })
}

/** Waits until all is as it should be. The kernel tells nobody of what is left over, so it is looked at again and again. */
async function settled(course: Course): Promise<void> {
  const end = Date.now() + DEADLINE
  for (;;) {
    const status = await course.host.until((now) => isSettled(now, course), DEADLINE)
    const wrong = await differences(course, status)
    if (wrong.length === 0) return
    if (Date.now() > end) throw new Error(`not as it should be after ${DEADLINE} ms:\n${wrong.join('\n')}`)
    await sleep(LOOK_AGAIN)
  }
}

function isSettled({ stacks }: StatusDocument, { fleet, revision }: Course): boolean {
  const names = stacks.map(({ name }) => name).sort()
  return (
    names.join() === stacksOf(fleet).join() &&
    stacks.every(
      ({ outcome, revision: { attempted }, conditions }) =>
        outcome === 'converged' &&
        attempted === revision &&
        conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
  )
}

async function differences(course: Course, status: StatusDocument): Promise<string[]> {
  const { host, view, asker } = course
  const lines = await linesOf(course)
  const lost = linesAreWhole(course.lines, lines)
  if (lost.length > 0) throw new Error(lost.join('\n')) // time does not heal it
  const sight = await lookAt(host, view, status)
  const parts = [host.pid, asker.pid ?? 0, ...Object.values(await host.pids())]
  const strange = strangers(sight, parts)
  const wrong = [
    ...eachRunsOnce(sight),
    ...(await addressesAreUnique(sight)),
    ...(await namesResolve(sight, view, asker)),
    ...(await nothingLeaks(sight, view)),
    ...(await portsAnswer(course)),
    ...[...strange]
      .filter(([pid]) => course.strangers.has(pid))
      .map(([pid, argv]) => `process ${pid} is nobody's: ${argv}`),
    ...(servingIn(sight, 'data', 'writer').length === 1 && lines === course.lines
      ? ['nothing is written to the volume']
      : []),
  ]
  if (wrong.length === 0) Object.assign(course, { lines, strangers: strange })
  return wrong
}

async function portsAnswer({ host, asker, fleet }: Course): Promise<string[]> {
  const [web, vip, udp] = await Promise.all([
    host.http(WEB_PORT).catch((error: Error) => ({ body: error.message })),
    host.http(VIP_PORT).catch((error: Error) => ({ body: error.message })),
    asker.echoes(HOST_ADDRESS, UDP_PORT),
  ])
  return [
    ...(web.body === `${fleet.message}\n` ? [] : [`port ${WEB_PORT} says ${web.body}`]),
    ...(vip.body === 'one\n' ? [] : [`port ${VIP_PORT} says ${vip.body}`]),
    ...(udp ? [] : [`port ${UDP_PORT}/udp does not answer`]),
  ]
}

/** What the writer has on the disk: whole lines; one that is being written now may be cut. */
async function linesOf({ view }: Course): Promise<string> {
  const path = join(view.paths.state, 'volumes', 'data_lines', 'data', 'lines')
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.slice(0, text.lastIndexOf('\n') + 1)
}
