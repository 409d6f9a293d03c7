import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROOT } from '../support/imports.ts'

/** In /proc no folder can be made, and the kernel says ENOENT about it: Node's recursive mkdir never comes back there. */
const NOWHERE = '/proc/nowhere'
const SETPOINT = 'controller/cli/main.ts'
const AGENT = 'agent/main.ts'
const REDIS = ['--redis', 'unix:///nowhere/redis.sock']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'named-folders-'))
})
afterAll(() => rm(folder, { recursive: true }))

it.each([
  { script: SETPOINT, args: ['up', '--state', NOWHERE], path: NOWHERE, option: '--state' },
  {
    ...{ script: SETPOINT, args: ['controller', ...REDIS, '--state', NOWHERE] },
    ...{ path: `${NOWHERE}/logs`, option: '--log-file' },
  },
  {
    ...{ script: SETPOINT, args: ['controller', ...REDIS, '--state', NOWHERE, '--log-file', '{}/log'] },
    ...{ path: `${NOWHERE}/controller`, option: '--state' },
  },
  { script: AGENT, args: [...REDIS, '--state', NOWHERE], path: `${NOWHERE}/cache`, option: '--state' },
  {
    ...{ script: AGENT, args: [...REDIS, '--state', '{}/state', '--run', NOWHERE] },
    ...{ path: NOWHERE, option: '--run' },
  },
  {
    ...{ script: AGENT, args: [...REDIS, '--state', '{}/state', '--log-file', `${NOWHERE}/log`] },
    ...{ path: NOWHERE, option: '--log-file' },
  },
])('$script $args: one error, and an end', async ({ script, args, path, option }) => {
  const { code, stderr } = await run(
    script,
    args.map((arg) => arg.replace('{}', folder)),
  )
  const why = `ENOENT: no such file or directory, mkdir '${NOWHERE}'`
  expect(stderr).toContain(`The folder ${path} cannot be made: ${why}.`)
  expect(stderr).toContain(`Name another place with ${option}.`)
  expect(code).toBe(2)
})

function run(script: string, args: string[]): Promise<{ code: unknown; stderr: string }> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH }, timeout: 20_000, killSignal: 'SIGKILL' as const }
    execFile(process.execPath, [join(ROOT, script), ...args], options, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stderr }),
    )
  })
}
