import { afterAll, beforeAll, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'
import { runCommits } from './commits.ts'

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)
const rounds = Number(process.env.CHAOS_ROUNDS ?? 200)
/** Milliseconds for a round: none takes so long. */
const ROUND = 90_000

let host: TestHost
beforeAll(async () => {
  host = await startHost({ files: { README: 'two stacks' } })
})
afterAll(() => host?.destroy())

it(`${rounds} rounds of commits from seed ${seed} end at the last`, { timeout: (rounds + 1) * ROUND }, () =>
  runCommits({ host, seed, rounds, tell: (line) => void process.stderr.write(`${line}\n`) }),
)
