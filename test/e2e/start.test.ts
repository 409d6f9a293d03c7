import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { StackStatus, StatusDocument } from '../../schemas/status.ts'
import { startHost, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'

let host: TestHost
let start: ChildProcess
const said: string[] = []

beforeAll(async () => {
  host = await startHost({ start: false, packages: ['busybox-static'] })
})
afterAll(() => host?.destroy())

it('npm start deploys the demo repository and tells what runs, what answers and what to try', async () => {
  await startAndHear(/^Ctrl-C/)
  expect(said.join('\n')).toContain('hello has converged at revision')
  expect(said.filter((line) => /hello\/web\.[12] {2}healthy {2}pid \d+ {2}10\./.test(line))).toHaveLength(2)
  expect(said.join('\n')).toMatch(/http:\/\/127\.0\.0\.1:8080\/ answers: Hello from Setpoint \(from .+\)/)
})

it('what it says to try works as it stands: a change', async () => {
  await host.run('sh', '-c', `${enterRepository()} && ${command(1)}`)
  await host.untilHttp(8080, ({ body }) => body.startsWith('Changed by a commit'))
  await host.until((status) => hello(status)?.outcome === 'converged')
})

it('a broken healthcheck', async () => {
  const [edit, look] = commands(2)
  await host.run('sh', '-c', `${enterRepository()} && ${edit}`)
  await host.until((status) => hello(status)?.outcome === 'rolledBack')
  const seen = await host.run('sh', '-c', `${enterRepository()} && ${look}`)
  expect(seen).toContain('rolledBack')
  expect((await host.http(8080)).body).toContain('Changed by a commit')
})

it('a killed container', async () => {
  const before = pids(await host.until((status) => pids(status).length === 2))
  await host.run('sh', '-c', `${enterRepository()} && ${command(3)}`)
  await host.until((status) => pids(status).length === 2 && pids(status).some((pid) => !before.includes(pid)))
})

it('a killed container is told of where Setpoint runs', async () => {
  await vi.waitFor(() => expect(said.join('\n')).toMatch(/hello +web\.\d restarted: .*(137|SIGKILL)/), 10_000)
})

it('a signal stops it and leaves the containers; the next npm start adopts them', async () => {
  // the killed container has been back for long enough to be believed
  const settled = await host.until((status) => hello(status)?.outcome === 'rolledBack')
  const before = pids(settled)
  const ended = once(start, 'exit')
  start.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect((await host.http(8080)).status).toBe(200)
  await startAndHear(/^Ctrl-C/)
  expect(said.join('\n')).toMatch(/hello runs revision \w+ again, instead of \w+:/)
  expect(said).toContain('     git revert --no-edit HEAD')
  expect(said.filter((line) => /hello\/web\.[12] {2}healthy/.test(line))).toHaveLength(2)
  const ready = said.findIndex((line) => line.startsWith('setpoint is ready'))
  expect(ready).toBeLessThan(said.findIndex((line) => line.startsWith('hello runs')))
  expect(pids(await host.until((status) => pids(status).length === 2))).toEqual(before)
})

it('npm stop takes it all down', async () => {
  const ended = once(start, 'exit')
  const down = await host.setpoint('down')
  expect(down.code).toBe(0)
  expect(down.stdout).toContain(`${host.state}: records and logs, and the volumes; rm -rf removes it`)
  await ended
  expect(said.at(-1)).toBe('setpoint has stopped; setpoint down removes the containers')
  await expect(host.http(8080)).rejects.toThrow()
  const again = await host.setpoint('down')
  expect(again.stdout).toBe(`nothing to take down in ${host.state}\n`)
})

/** Runs what `npm start` runs, until it says a line. */
async function startAndHear(line: RegExp): Promise<void> {
  said.length = 0
  const argv = host.enter([process.execPath, join(ROOT, 'scripts', 'start.ts')])
  start = spawn(argv[0] ?? '', argv.slice(1), { env: host.env, stdio: ['ignore', 'pipe', 'inherit'] })
  if (start.stdout === null) throw new Error('no stdout')
  const lines = createInterface({ input: start.stdout })
  await new Promise<void>((resolve, reject) => {
    start.once('exit', (code) => reject(new Error(`it ended with ${code}\n${said.join('\n')}`)))
    lines.on('line', (text) => {
      said.push(text)
      if (line.test(text)) resolve()
    })
  })
}

/** The command lines under one of the things to try. */
function commands(number: number): string[] {
  const begin = said.findIndex((line) => line.startsWith(`  ${number}. `))
  const rest = said.slice(begin + 1)
  return rest.slice(0, rest.indexOf('')).map((line) => line.trim())
}

/** The line before the things to try. */
function enterRepository(): string {
  return said.find((line) => line.startsWith('     cd '))?.trim() ?? 'false'
}

function command(number: number): string {
  return commands(number)[0] ?? ''
}

function hello({ stacks }: StatusDocument): StackStatus | undefined {
  return stacks.find(({ name }) => name === 'hello')
}

function pids(status: StatusDocument): number[] {
  const tasks = hello(status)?.services.flatMap((service) => service.tasks) ?? []
  return tasks.flatMap(({ pid, state }) => (pid !== null && state === 'running' ? [pid] : [])).sort()
}
