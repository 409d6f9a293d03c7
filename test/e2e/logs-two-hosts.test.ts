import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { LogLine } from '../../schemas/session/request.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { type SecondAgent, secondAgent } from '../support/second-agent.ts'
import { isConverged, tasksOf } from '../support/stacks.ts'

let host: TestHost
let second: SecondAgent
/** The ids of the tasks by the names of their hosts. */
let tasks: Record<string, string>

/** On each host one task that counts. Without a network: two agents on one machine would have to agree on their subnets. */
const COUNTS = `services:
  app:
    image: ${TEST_IMAGE}
    command: [sh, -c, 'i=0; while :; do echo $$i; i=$$((i+1)); sleep 0.1; done']
    stop_grace_period: 0s
    deploy: {mode: global}
    network_mode: none
`

beforeAll(async () => {
  host = await startHost()
  second = await secondAgent(host)
  await second.start()
  const revision = await host.commit({ 'all/compose.yaml': COUNTS })
  const status = await host.until(isConverged(revision, 'all'), 60_000)
  tasks = Object.fromEntries(tasksOf(status, 'all').map((task) => [task.host, task.id]))
})
afterAll(async () => {
  await second?.destroy()
  await host?.destroy()
})

async function linesOf(...args: string[]): Promise<LogLine[]> {
  const { json, code } = await host.setpoint('logs', 'all/app', ...args, '--output', 'json')
  expect(code).toBe(0)
  return (json as { lines: LogLine[] }).lines
}

/** What a task has said: numbers. */
const saidBy = (name: string, lines: LogLine[]) =>
  lines.filter(({ taskId }) => taskId === tasks[name]).map(({ text }) => Number(text))

/** All numbers from the first to the last, each once. */
const unbroken = (numbers: number[]) => numbers.map((_, index) => (numbers[0] ?? 0) + index)

/** `setpoint logs -f`, while it runs. */
function follow(...args: string[]) {
  const script = join(ROOT, 'scripts', 'setpoint.mjs')
  const argv = [process.execPath, script, 'logs', 'all/app', '-f', '--output', 'json', ...args]
  const [file = '', ...rest] = host.enter(argv)
  const child: ChildProcess = spawn(file, rest, { env: host.env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: LogLine[] = []
  const errors: string[] = []
  const looks = new Set<() => void>()
  const look = () => {
    for (const each of looks) each()
  }
  if (child.stdout)
    createInterface(child.stdout).on('line', (text) => {
      lines.push(JSON.parse(text))
      look()
    })
  if (child.stderr)
    createInterface(child.stderr).on('line', (text) => {
      errors.push(text)
      look()
    })
  return {
    lines,
    errors,
    until: (isThere: () => boolean) =>
      new Promise<void>((resolve) => {
        looks.add(() => isThere() && resolve())
        if (isThere()) resolve()
      }),
    async end(): Promise<number | null> {
      child.kill('SIGINT')
      await once(child, 'close')
      return child.exitCode
    },
  }
}

it('shows the lines of both hosts in the order of their time', async () => {
  const lines = await linesOf('--tail', 'all')
  const times = lines.map(({ at }) => at)
  expect(times).toEqual(times.toSorted())
  for (const name of ['vm', 'second']) {
    const said = saidBy(name, lines)
    expect(said.length, name).toBeGreaterThan(0)
    expect(said, name).toEqual(unbroken(said))
    expect(said[0], name).toBe(0)
  }
})

it('takes the last lines of each task, and those since a time', async () => {
  const last = await linesOf('--tail', '2')
  for (const name of ['vm', 'second']) expect(saidBy(name, last)).toHaveLength(2)
  const [, middle] = last
  const since = await linesOf('--tail', 'all', '--since', middle?.at ?? '')
  expect(since.every(({ at }) => at.slice(0, 23) >= (middle?.at.slice(0, 23) ?? ''))).toBe(true)
  for (const name of ['vm', 'second']) expect(saidBy(name, since).length, name).toBeGreaterThan(0)
})

it('goes on with one host while the other is cut off, and has the lines of that one afterwards', async () => {
  const following = follow('--tail', '1')
  const count = (name: string) => saidBy(name, following.lines).length
  await following.until(() => count('vm') > 3 && count('second') > 3)
  second.cut()
  const [ofFirst, ofSecond] = [count('vm'), count('second')]
  await following.until(() => count('vm') > ofFirst + 20)
  expect(count('second')).toBeLessThan(ofSecond + 20)
  second.mend()
  await following.until(() => count('second') > ofSecond + 30)
  for (const name of ['vm', 'second']) {
    const said = saidBy(name, following.lines)
    expect(said, name).toEqual(unbroken(said))
  }
  expect(following.errors).toEqual([])
  expect(await following.end()).toBe(0)
})

it('goes on with the next controller, with no line missing and none twice', async () => {
  const following = follow('--tail', '1')
  const count = (name: string) => saidBy(name, following.lines).length
  await following.until(() => count('vm') > 3 && count('second') > 3)
  const before = { vm: count('vm'), second: count('second') }
  await host.kill('controller')
  await following.until(() => count('vm') > before.vm + 30 && count('second') > before.second + 30)
  for (const name of ['vm', 'second']) {
    const said = saidBy(name, following.lines)
    expect(said, name).toEqual(unbroken(said))
  }
  // a host may be named, too, that the next controller could not ask in its first moment
  expect(following.errors[0]).toMatch(/broke off; it goes on once a controller answers$/)
  expect(await following.end()).toBe(0)
})

it('names a host that it loses, and has all its lines when it is there again', async () => {
  const following = follow('--tail', '1')
  const count = (name: string) => saidBy(name, following.lines).length
  await following.until(() => count('vm') > 3 && count('second') > 3)
  await second.stop()
  await following.until(() =>
    following.errors.some((text) => text.includes('logs of host second are missing')),
  )
  const ofSecond = count('second')
  await second.start()
  await following.until(() => count('second') > ofSecond + 10)
  for (const name of ['vm', 'second']) {
    const said = saidBy(name, following.lines)
    expect(said, name).toEqual(unbroken(said))
  }
  expect(await following.end()).toBe(0)
})
