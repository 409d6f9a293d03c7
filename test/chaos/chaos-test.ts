import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'

/** What a course of chaos is given. */
export interface ChaosOptions {
  host: TestHost
  seed: number
  rounds: number
  /** Gets a line for each round. */
  tell: (line: string) => void
}

interface Course {
  run: (options: ChaosOptions) => Promise<void>
  /** What files may interpolate, by name. */
  variables?: Record<string, string>
}

type Rounds = Pick<ChaosOptions, 'seed' | 'rounds'> & Partial<Pick<ChaosOptions, 'tell'>>

/** Milliseconds for a round: none takes so long. */
const ROUND = 90_000

/** Declares the test of a file: a host of its own, and that many rounds on it. */
export function chaosTest(
  { run, variables = {} }: Course,
  { seed, rounds, tell = () => {} }: Rounds = askedFor(process.env),
): void {
  let host: TestHost
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chaos-'))
    const file = join(folder, 'vars.env')
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`)
    await writeFile(file, lines.join(''))
    host = await startHost({ files: { README: 'the fleet' }, args: ['--variables', file] })
  })
  afterAll(async () => {
    await host?.destroy()
    await rm(folder, { recursive: true, force: true })
  })

  it(
    `${rounds} rounds from seed ${seed} leave the host as it should be`,
    { timeout: (rounds + 1) * ROUND },
    () => run({ host, seed, rounds, tell }),
  )
}

/** Two hundred rounds from a seed of the moment, unless CHAOS_ROUNDS and CHAOS_SEED ask for others; told on stderr. */
function askedFor({ CHAOS_SEED, CHAOS_ROUNDS }: NodeJS.ProcessEnv): Rounds {
  return {
    seed: Number(CHAOS_SEED ?? Date.now() % 1_000_000),
    rounds: Number(CHAOS_ROUNDS ?? 200),
    tell: (line) => void process.stderr.write(`${line}\n`),
  }
}
