import { setTimeout as sleep } from 'node:timers/promises'
import type { HistoryDocument, StatusDocument } from '../../schemas/status.ts'
import type { TestHost } from '../support/host.ts'
import type { ChaosOptions } from './chaos-test.ts'
import { edited, FIRST_SERVICES, type Service, STACKS, serviceFiles } from './edits.ts'
import { type Random, randomOf } from './random.ts'

/** Milliseconds that a fleet gets to come to the last commit of a round. */
const DEADLINE = 60_000
const MOST_COMMITS = 4
/** Milliseconds between two commits: as from two people, or as one waits to see what comes of the first. */
const PAUSES = [400, 4_000]

/**
 * Rounds of commits that come faster than they can be rolled out: services are renamed, moved, scaled, given the ports of
 * others. Each commit is a good one, so that after each round the host has to be at the last, no rollout may have
 * failed, and each port has to lead where the files say.
 * @throws Error with seed, round, commits and what differs
 */
export async function runCommits({ host, seed, rounds, tell }: ChaosOptions): Promise<void> {
  const random = randomOf(seed)
  let services = FIRST_SERVICES
  for (let number = 0; number <= rounds; number++) {
    const [words, last, next] =
      number === 0
        ? ['the first commit', await host.commit(serviceFiles(services)), services]
        : await commits()
    services = next
    const began = Date.now()
    await settled(host, { services, revision: last }).catch(async (error: Error) => {
      throw new Error(`CHAOS_SEED=${seed}: round ${number}: ${words}\n${error.message}\n${await host.said()}`)
    })
    tell(`round ${number}: ${words}: ${Date.now() - began} ms`)
  }

  async function commits(): Promise<[words: string, revision: string, services: Service[]]> {
    const words: string[] = []
    let [revision, now] = ['', services]
    for (let left = 1 + random.below(MOST_COMMITS); left > 0 || revision === ''; left--) {
      const edit = edits(now, random)
      if (JSON.stringify(serviceFiles(edit.services)) === JSON.stringify(serviceFiles(now))) continue
      now = edit.services
      revision = await host.commit(serviceFiles(now))
      const pause = random.below(random.pick(PAUSES))
      words.push(`${edit.words} (${pause} ms)`)
      await sleep(pause)
    }
    return [words.join(', then '), revision, now]
  }
}

/** What one commit changes: one thing, and at times another. */
function edits(services: Service[], random: Random): { words: string; services: Service[] } {
  const first = edited(services, random)
  if (!random.oneIn(3)) return first
  const second = edits(first.services, random)
  return { words: `${first.words} and ${second.words}`, services: second.services }
}

async function settled(
  host: TestHost,
  { services, revision }: { services: Service[]; revision: string },
): Promise<void> {
  await host.until((status) => STACKS.every((name) => isAt(status, name, revision)), DEADLINE)
  for (const { name, port, version } of services) {
    if (port === undefined) continue
    const { body } = await host.http(port)
    if (body !== `${name} ${version}\n`) throw new Error(`port ${port}, which is of ${name}, says ${body}`)
  }
  for (const stack of STACKS) {
    const { json } = await host.setpoint('history', stack, '--output', 'json')
    const failed = (json as HistoryDocument).entries.find(({ failure }) => failure !== undefined)
    if (failed) throw new Error(`a rollout of ${stack} has failed: ${JSON.stringify(failed)}`)
  }
}

function isAt({ stacks }: StatusDocument, name: string, revision: string): boolean {
  const stack = stacks.find((one) => one.name === name)
  return stack?.outcome === 'converged' && stack.revision.attempted === revision
}
