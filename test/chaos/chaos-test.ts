import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'
import { runChaos } from './chaos.ts'
import { SECRET } from './fleet.ts'

interface ChaosTest {
  seed: number
  rounds: number
  /** Gets a line for each round. */
  tell?: (line: string) => void
}

/** Milliseconds for a round: none takes so long. */
const ROUND = 75_000

/** Declares the test of a file: a host of its own, and that many rounds on it. */
export function chaosTest({ seed, rounds, tell = () => {} }: ChaosTest): void {
  let host: TestHost
  let author = ''

  beforeAll(async () => {
    author = await mkdtemp(join(tmpdir(), 'chaos-'))
    const variables = join(author, 'vars.env')
    await writeFile(variables, `${SECRET.name}=${SECRET.value}\n`)
    host = await startHost({ files: { README: 'the fleet' }, args: ['--variables', variables] })
  })
  afterAll(async () => {
    await host?.destroy()
    await rm(author, { recursive: true, force: true })
  })

  it(
    `${rounds} rounds from seed ${seed} leave the host as it should be`,
    { timeout: (rounds + 1) * ROUND },
    () => runChaos({ host, seed, rounds, tell }),
  )
}
