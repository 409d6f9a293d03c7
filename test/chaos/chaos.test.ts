import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import { startHost, type TestHost } from '../support/host.ts'
import { runChaos } from './chaos.ts'
import { SECRET } from './fleet.ts'

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)
const rounds = Number(process.env.CHAOS_ROUNDS ?? 200)

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

it(`${rounds} rounds from seed ${seed} leave the host as it should be`, async () => {
  await runChaos({ host, seed, rounds, tell: (line) => process.stderr.write(`${line}\n`) })
})
