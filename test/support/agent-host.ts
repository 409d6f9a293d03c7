import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Queue } from 'bullmq'
import type { Action } from '../../schemas/action.ts'
import { signJob } from '../../schemas/job.ts'
import type { Report, Snapshot } from '../../schemas/report.ts'
import type { Task, TaskStatus } from '../../schemas/task.ts'
import { PREFIX, queueName, REPORTS, redisOptions, SNAPSHOTS } from '../../schemas/wire.ts'
import { aContainer } from './builders.ts'
import { giveImages, TEST_IMAGE } from './host-images.ts'
import { type Answer, HOST_ADDRESS, makeNamespaces } from './host-namespaces.ts'
import { ROOT } from './imports.ts'
import { aTask } from './jobs.ts'
import { startRedis } from './redis.ts'

/** A machine of its own with an agent and a Redis; the test is the controller. */
export interface AgentHost {
  start(): Promise<void>
  stop(signal: NodeJS.Signals): Promise<void>
  send(...tasks: Task[]): Promise<void>
  replace(slot: number, id: string, environment: Record<string, string>): Promise<void>
  repair(taskId: string, fields: string[]): Promise<void>
  /** The task of a slot that is not failed, as it was last reported. */
  status(slot: number): TaskStatus | undefined
  byId(id: string): TaskStatus | undefined
  /** Looks again at each report; 20 s at most. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>
  fetch(): Promise<Answer | undefined>
  /** Writes another memory limit into the task's cgroup, as somebody on the host may do. */
  changeMemory(pid: number, id: string, bytes: number): Promise<void>
  /** `--down`: what it printed. */
  down(...flags: string[]): Promise<string>
  /** What is left of the agent in the host: mounts, bridges, namespaces, cgroups. */
  leftovers(): Promise<string[]>
  destroy(): Promise<void>
}

const AGENT = join(ROOT, 'agent', 'main.ts')
const PATIENCE = 20_000
const execute = promisify(execFile)

export function aTaskAt(
  slot: number,
  task: Partial<Task> = {},
  environment: Record<string, string> = {},
): Task {
  return aTask(`app-${slot}`, {
    slot,
    networks: [{ name: 'web_default', internal: false, external: false }],
    volumes: [{ name: 'web_data', external: false, labels: {} }],
    container: aContainer({
      image: { reference: TEST_IMAGE, pull: 'missing' },
      environment,
      networks: [{ network: 'web_default', aliases: ['app'] }],
      ports: [{ target: 8080, published: 8080, protocol: 'tcp' }],
      mounts: [{ type: 'volume', source: 'web_data', target: '/data', readOnly: false }],
      resources: { memory: 64 * 1024 * 1024, cpus: 0.5, pids: 32 },
      healthcheck: {
        test: ['/bin/healthy'],
        ...{ interval: 500, timeout: 1_000, retries: 2, startPeriod: 0, startInterval: 500 },
      },
    }),
    ...task,
  })
}

export async function startAgentHost(): Promise<AgentHost> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-host-'))
  await giveImages({ conf: join(folder, 'containers'), graphRoot: join(folder, 'storage') })
  const [namespaces, redis] = await Promise.all([makeNamespaces(join(folder, 'containers')), startRedis()])
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = join(folder, 'controller.pub')
  await writeFile(key, publicKey.export({ type: 'spki', format: 'pem' }))
  const state = join(folder, 'agent')
  const flags = ['--state', state, '--host', 'one', '--log-file', join(folder, 'log'), '--redis', redis.url]
  const argv = (...more: string[]) => namespaces.enter([process.execPath, AGENT, ...flags, ...more])
  const queue = new Queue(queueName('one'), { connection: redisOptions(redis.url), prefix: PREFIX })
  const statuses = new Map<string, TaskStatus>()
  const reader = redis.client.duplicate()
  let agent: ChildProcess | undefined
  let sequence = 0
  let last = '0'

  async function order(action: Action): Promise<void> {
    sequence += 1
    const deadline = new Date(Date.now() + 60_000).toISOString()
    const job = signJob({ host: 'one', epoch: 1, sequence, deadline, action }, privateKey)
    await queue.add(action.type, job, { jobId: `job-${sequence}` })
  }

  async function hear(): Promise<void> {
    const answer = (await reader.xread('BLOCK', 200, 'STREAMS', REPORTS, last)) as
      | [string, [string, string[]][]][]
      | null
    for (const [id, fields] of answer?.[0]?.[1] ?? []) {
      last = id
      await take(JSON.parse(fields[1] ?? '') as Report)
    }
  }

  async function take(report: Report): Promise<void> {
    if (report.kind === 'delta') {
      for (const task of report.tasks) statuses.set(task.id, task)
      for (const id of report.gone) statuses.delete(id)
    } else if (report.kind === 'snapshot') {
      const snapshot = JSON.parse((await redis.client.hget(SNAPSHOTS, 'one')) ?? '') as Snapshot
      for (const task of snapshot.tasks) statuses.set(task.id, task)
    }
  }

  const host: AgentHost = {
    async start() {
      statuses.clear()
      const [file = '', ...args] = argv('--controller-key', key)
      agent = spawn(file, args, { stdio: 'inherit' })
      await once(agent, 'spawn')
    },
    async stop(signal) {
      if (!agent || agent.exitCode !== null || agent.signalCode !== null) return
      const gone = once(agent, 'exit')
      agent.kill(signal)
      await gone
    },
    send: async (...tasks) => {
      for (const task of tasks) await order({ type: 'run', task })
    },
    replace: (slot, id, environment) =>
      order({
        type: 'replace',
        task: aTaskAt(slot, { id }, environment),
        replaces: [`app-${slot}`],
        ...{ order: 'start-first', healthDeadline: 5_000 },
      }),
    repair: (taskId, fields) => order({ type: 'repair', taskId, stack: 'web', fields }),
    status: (slot) => [...statuses.values()].find((task) => task.slot === slot && task.state !== 'failed'),
    byId: (id) => statuses.get(id),
    async until(condition) {
      const end = Date.now() + PATIENCE
      while (!(await condition())) {
        if (Date.now() > end) throw new Error(`it did not come about\n${await said(folder, statuses)}`)
        await hear()
      }
    },
    fetch: () => namespaces.fetch(`http://${HOST_ADDRESS}:8080/`).catch(() => undefined),
    async changeMemory(pid, id, bytes) {
      await writeFile(join(await memoryFolder(pid, id), await memoryFile()), String(bytes))
    },
    async down(...more) {
      const [file = '', ...args] = argv('--down', ...more)
      return (await execute(file, args, { timeout: 60_000 })).stdout.replace(
        /^removed the run folder .*\n/m,
        '',
      )
    },
    async leftovers() {
      const look = async (...command: string[]) => {
        const [file = '', ...args] = namespaces.enter(command)
        return (await execute(file, args)).stdout.split('\n').filter(Boolean)
      }
      const [mounts, links, names] = await Promise.all([
        look('cat', '/proc/self/mountinfo'),
        look('ip', '-o', 'link', 'show', 'type', 'bridge'),
        look('ip', 'netns', 'list'),
      ])
      const runs = await look('sh', '-c', 'ls /run/setpoint 2>/dev/null || true')
      return [...mounts.filter((line) => line.includes(state)), ...links, ...names, ...runs]
    },
    async destroy() {
      await host.stop('SIGKILL')
      if (existsSync(state)) await host.down('--volumes').catch(() => {})
      reader.disconnect()
      await queue.close()
      await redis.stop()
      await namespaces.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return host
}

async function memoryFolder(pid: number, id: string): Promise<string> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).split('\n')
  const found = lines.find((line) => /:memory:|^0::/.test(line) && line.endsWith(id))
  const [, controller, path] = /^\d+:([^:]*):(.*)$/.exec(found ?? '') ?? []
  if (path === undefined) throw new Error(`no memory cgroup of ${pid}:\n${lines.join('\n')}`)
  return join('/sys/fs/cgroup', controller ?? '', path)
}

async function memoryFile(): Promise<string> {
  const names = await readdir('/sys/fs/cgroup')
  return names.includes('memory') ? 'memory.limit_in_bytes' : 'memory.max'
}

async function said(folder: string, statuses: Map<string, TaskStatus>): Promise<string> {
  const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '')
  return `${JSON.stringify([...statuses.values()], null, 1)}\n${log.split('\n').slice(-60).join('\n')}`
}
