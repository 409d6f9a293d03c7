import { readFile, writeFile } from 'node:fs/promises'
import type { StackStatus, StatusDocument, TaskView } from '../../schemas/status.ts'
import { TEST_IMAGE, type TestHost } from './host.ts'

/** What a scene does, and what it has seen when it is over; it throws when it did not happen. */
export interface Scene {
  title: string
  play(host: TestHost): Promise<string>
}

const PORT = 8080

/** The tour: each scene goes on where the one before it has ended. */
export const SCENES: Scene[] = [
  { title: 'Deploy: commit a compose file with three replicas', play: deploy },
  { title: 'Change: commit another message', play: change },
  { title: 'Scale: commit five replicas', play: scale },
  { title: 'Roll back: commit a healthcheck that fails', play: rollBack },
  { title: 'Heal: change a limit by hand, kill a container', play: heal },
  { title: 'Adopt: kill controller and agent with SIGKILL', play: adopt },
  { title: 'Forget: empty Redis', play: forget },
]

/** What the host's repository holds at first. */
export const FIRST_FILES = { 'shop/compose.yaml': compose({}) }

interface Wanted {
  message?: string
  replicas?: number
  health?: 'well' | 'fail'
}

function compose({ message = 'one', replicas = 3, health = 'well' }: Wanted): string {
  return `services:
  web:
    image: ${TEST_IMAGE}
    environment:
      MESSAGE: ${message}
      HEALTH: ${health}
    ports:
      - "${PORT}:8080"
    healthcheck:
      test: [CMD, /bin/healthy]
      interval: 1s
      timeout: 2s
      retries: 1
      start_period: 2s
      start_interval: 100ms
    stop_grace_period: 2s
    deploy:
      replicas: ${replicas}
      update_config:
        parallelism: 2
        order: start-first
        monitor: 1s
      resources:
        limits:
          memory: 64m
`
}

async function deploy(host: TestHost): Promise<string> {
  const status = await host.until((now) => serves(now, 3))
  const { body } = await host.untilHttp(PORT, ({ body }) => body === 'one\n')
  return `${runningTasks(status).length} of 3 tasks serve; the port answers "${body.trim()}"`
}

async function change(host: TestHost): Promise<string> {
  const revision = await host.commit({ 'shop/compose.yaml': compose({ message: 'two' }) }, 'Another message')
  await host.until((now) => serves(now, 3, revision))
  const { body } = await host.untilHttp(PORT, ({ body }) => body === 'two\n')
  return `${revision.slice(0, 7)} is live; the port answers "${body.trim()}"`
}

async function scale(host: TestHost): Promise<string> {
  const before = pidsOf(await host.status())
  const files = { 'shop/compose.yaml': compose({ message: 'two', replicas: 5 }) }
  const revision = await host.commit(files, 'Five replicas')
  const after = pidsOf(await host.until((now) => serves(now, 5, revision)))
  expectSubset(before, after, 'scaling restarted a task')
  return 'five tasks serve, the three that ran were not touched'
}

async function rollBack(host: TestHost): Promise<string> {
  const good = stackOf(await host.status())?.revision.applied
  const files = { 'shop/compose.yaml': compose({ message: 'broken', replicas: 5, health: 'fail' }) }
  const bad = await host.commit(files, 'Broken')
  const status = await host.until((now) => {
    const stack = stackOf(now)
    return stack?.outcome === 'rolledBack' && stack.revision.attempted === bad && serving(now) === 5
  })
  expect(stackOf(status)?.revision.applied === good, 'it did not go back to the last healthy revision')
  await host.untilHttp(PORT, ({ body }) => body === 'two\n')
  const failure = stackOf(status)?.failure
  expect(
    failure?.code === 'HEALTH_FAILED',
    `the status does not say why, but: ${failure?.code} ${failure?.message}`,
  )
  return `back at ${good?.slice(0, 7)}; the status says why: ${failure?.message}`
}

async function heal(host: TestHost): Promise<string> {
  const revision = await host.commit({ 'shop/compose.yaml': compose({ message: 'three' }) }, 'Mended')
  const status = await host.until((now) => serves(now, 3, revision))
  const [first, second] = runningTasks(status)
  if (!first?.pid || !second?.pid) throw new Error('two tasks should run')

  const limit = await memoryLimit(first.pid)
  const wanted = (await readFile(limit, 'utf8')).trim()
  await writeFile(limit, String(48 * 1024 * 1024))
  process.kill(second.pid, 'SIGKILL')
  const killed = second.pid
  await host.until((now) => serves(now, 3, revision) && !pidsOf(now).includes(killed))
  await untilFile(limit, wanted)
  return `the limit is ${Number(wanted) / 1024 ** 2} MiB again, and the killed task runs with a new pid`
}

async function adopt(host: TestHost): Promise<string> {
  const before = await host.pids()
  const tasks = pidsOf(await host.status())
  await Promise.all([host.kill('controller'), host.kill('agent')])
  const files = { 'shop/compose.yaml': compose({ message: 'three', replicas: 4 }) }
  const revision = await host.commit(files, 'Four replicas')
  const status = await host.until((now) => serves(now, 4, revision))
  const after = await host.pids()
  expect(after.controller !== before.controller && after.agent !== before.agent, 'nothing was killed')
  expectSubset(tasks, pidsOf(status), 'a task was restarted')
  return 'both run again and have taken up a commit; every task kept its pid'
}

async function forget(host: TestHost): Promise<string> {
  const tasks = pidsOf(await host.status())
  await host.redis('FLUSHALL')
  const files = { 'shop/compose.yaml': compose({ message: 'three', replicas: 5 }) }
  const revision = await host.commit(files, 'Five replicas again')
  const status = await host.until((now) => serves(now, 5, revision))
  expectSubset(tasks, pidsOf(status), 'a task was restarted')
  return 'the fleet is known again and a commit was taken up; every task kept its pid'
}

function stackOf({ stacks }: StatusDocument): StackStatus | undefined {
  return stacks.find(({ name }) => name === 'shop')
}

/** True when the stack has converged, at the revision if one is given, with that many tasks serving and no other. */
function serves(status: StatusDocument, replicas: number, revision?: string): boolean {
  const stack = stackOf(status)
  if (stack?.outcome !== 'converged' || serving(status) !== replicas) return false
  return (
    runningTasks(status).length === replicas &&
    (revision === undefined || stack.revision.applied === revision)
  )
}

function serving(status: StatusDocument): number {
  return stackOf(status)?.services.reduce((sum, { healthy }) => sum + healthy, 0) ?? 0
}

function runningTasks(status: StatusDocument): TaskView[] {
  const tasks = stackOf(status)?.services.flatMap((service) => service.tasks) ?? []
  return tasks.filter(({ state }) => state === 'running')
}

function pidsOf(status: StatusDocument): number[] {
  return runningTasks(status).flatMap(({ pid }) => (pid === null ? [] : [pid]))
}

/** The file of the kernel that holds the memory limit of a process' cgroup. */
async function memoryLimit(pid: number): Promise<string> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).split('\n')
  const [, , path] = lines.find((line) => line.includes(':memory:'))?.split(':') ?? []
  if (path !== undefined) return `/sys/fs/cgroup/memory${path}/memory.limit_in_bytes`
  const unified = lines.find((line) => line.startsWith('0::'))?.slice(3)
  return `/sys/fs/cgroup${unified}/memory.max`
}

async function untilFile(path: string, content: string): Promise<void> {
  const end = Date.now() + 30_000
  while ((await readFile(path, 'utf8')).trim() !== content) {
    if (Date.now() > end) throw new Error(`${path} was not put back to ${content}`)
    await new Promise((resolve) => setTimeout(resolve, 50)) // the kernel tells nobody of it
  }
}

function expectSubset(part: number[], whole: number[], otherwise: string): void {
  expect(
    part.length > 0 && part.every((pid) => whole.includes(pid)),
    `${otherwise}: ${part.join(' ')} became ${whole.join(' ')}`,
  )
}

function expect(truth: boolean, otherwise: string): void {
  if (!truth) throw new Error(otherwise)
}
