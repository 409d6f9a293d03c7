import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentPaths } from '../../agent/paths.ts'
import { signJob } from '../../schemas/job.ts'
import type { Task } from '../../schemas/task.ts'
import { PREFIX, queueName } from '../../schemas/wire.ts'
import { aContainer } from '../support/builders.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { ROOT } from '../support/imports.ts'
import { appService, compose, hasOutcome, isConverged, pidsOf, stackOf, tasksOf } from '../support/stacks.ts'

let host: TestHost

/** Two tasks with a volume on disk, one in memory and one without a name. */
const stack = (message: string) =>
  `${compose(appService('app', { message, port: 8080, replicas: 2, lines: ['volumes: ["data:/data", "memory:/memory", "/cache"]'] }))}
volumes:
  data:
  memory: {driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}
`

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': stack('one') } })
  await host.until(isConverged())
})
afterAll(() => host?.destroy())

it('refuses a job that another key has signed, says so, and runs nothing (law 5)', async () => {
  const { hosts } = await host.status()
  const name = hosts[0]?.name ?? ''
  const task: Task = {
    id: 'evil-app-1-0000000000',
    stack: 'evil',
    service: 'app',
    slot: 1,
    host: name,
    revision: 'none',
    fingerprint: 'none',
    container: aContainer({ image: { reference: TEST_IMAGE, pull: 'missing' } }),
    networks: [],
    volumes: [],
  }
  const deadline = new Date(Date.now() + 60_000).toISOString()
  const job = { host: name, epoch: 1_000_000, sequence: 0, deadline, action: { type: 'run' as const, task } }
  const queue = new Queue(queueName(name), {
    connection: { path: join(host.state, 'redis', 'redis.sock') },
    prefix: PREFIX,
  })
  await queue.add('run', signJob(job, generateKeyPairSync('ed25519').privateKey), {
    jobId: 'forged',
    removeOnFail: true,
  })
  await queue.add('run', { nonsense: true }, { jobId: 'nonsense', removeOnFail: true })
  const status = await host.until((now) => now.hosts[0]?.problem?.code === 'JOB_REFUSED')
  await queue.close()
  expect(status.hosts[0]?.problem?.message).toMatch(/A job was refused: .*(signature|signed)/)
  expect(status.stacks.map((stack) => stack.name)).toEqual(['web'])
  expect(await host.run('ls', join(host.state, 'agent', 'tasks'))).not.toContain('evil')
  expect((await host.setpoint('status')).stdout).toContain('A job was refused')

  const next = await host.commit({ 'web/compose.yaml': stack('two') })
  await host.until(isConverged(next))
})

it('keeps serving with Git, controller, agent and Redis all gone, and an agent alone restarts what dies (law 4)', async () => {
  const before = pidsOf(await host.status())
  const [victim] = tasksOf(await host.status())
  await host.stop('SIGKILL')
  for (const part of ['agent', 'controller', 'redis'] as const) await host.kill(part).catch(() => {})
  await host.run('mv', host.repository.path, `${host.repository.path}.away`)
  expect((await host.http(8080)).body).toBe('two\n')

  process.kill(victim?.pid ?? -1, 'SIGKILL')
  const agent = await startAgentAlone()
  try {
    await expect
      .poll(() => journaledPids(), { timeout: 20_000 })
      .toSatisfy((pids: number[]) => pids.length === 2 && !pids.includes(victim?.pid ?? -1))
    const now = await journaledPids()
    expect(now.filter((pid) => before.includes(pid))).toHaveLength(1)
    expect((await host.untilHttp(8080)).body).toBe('two\n')
  } finally {
    agent.kill('SIGTERM')
    await once(agent, 'exit')
    await host.run('mv', `${host.repository.path}.away`, host.repository.path)
  }

  const alone = await journaledPids()
  await host.start()
  expect(pidsOf(await host.until(isConverged()))).toEqual(alone.sort())
})

it('brings every task back after a reboot, by the agent alone (law 4)', async () => {
  const before = pidsOf(await host.status())
  const { body } = await host.http(8080)
  for (const pid of before) await inside(pid, 'echo data > /data/word; echo cache > /cache/word')
  await host.stop('SIGKILL')
  for (const part of ['agent', 'controller', 'redis'] as const) await host.kill(part).catch(() => {})
  await host.run('sh', '-c', reboot(agentPaths(join(host.state, 'agent')).instance))
  expect(before.some((pid) => isAlive(pid ?? -1))).toBe(false)
  await expect(host.http(8080)).rejects.toThrow()

  const agent = await startAgentAlone()
  try {
    expect((await host.untilHttp(8080, () => true, 30_000)).body).toBe(body)
  } finally {
    agent.kill('SIGTERM')
    await once(agent, 'exit')
  }
  const alone = await journaledPids()
  for (const pid of alone) {
    expect(await inside(pid, 'cat /data/word /cache/word; df -k /memory | tail -n 1')).toMatch(
      /^data\ncache\ntmpfs +1024 /,
    )
  }
  await host.start()
  expect(pidsOf(await host.until(isConverged()))).toEqual(alone.sort())
})

it('ends a rollout at once when the host refuses its job for good, and says why', async () => {
  const before = pidsOf(await host.status())
  await host.run('rm', join(host.state, 'controller', 'controller.key')) // the next one has another
  await host.kill('controller')
  await host.commit({ 'web/compose.yaml': stack('three') })
  const status = await host.until(hasOutcome('rolledBack'), 60_000)
  expect(stackOf(status).failure).toMatchObject({
    code: 'JOB_REFUSED',
    message: expect.stringMatching(/^On \S+: A job was refused: its signature is not from the controller/),
  })
  expect(pidsOf(status)).toEqual(before)
})

/** Runs a script in a container, by the pid of its process. */
const inside = (pid: number | null, script: string) =>
  host.run('nsenter', '-t', String(pid), '--mount', '--pid', '/bin/sh', '-c', script)

/** What a reboot does: no process, mount, link, rule and nothing under /run is left; the disk is as it was. */
const reboot = (instance: string) => `
for file in /sys/fs/cgroup/*/setpoint/${instance}/*/cgroup.procs $(find /run/setpoint/${instance} -name '*.pid'); do
  kill -9 $(cat $file)
done
for target in $(grep -E ' /run/setpoint| /run/netns/|/storage/overlay' /proc/self/mountinfo | cut -d' ' -f5 | sort -r); do umount -l $target; done
for netns in $(ip netns list | cut -d' ' -f1); do ip netns del $netns; done
for link in $(ip -brief link | cut -d' ' -f1 | cut -d@ -f1 | grep ^sp); do ip link del $link; done
nft flush ruleset
rm -rf /run/setpoint /run/containers
true`

/** The agent and nothing else: the Redis that it is told of does not exist. */
async function startAgentAlone() {
  const { enter } = host
  const [command = '', ...args] = enter([
    process.execPath,
    join(ROOT, 'scripts', 'setpoint-agent.mjs'),
    '--redis',
    `unix://${join(host.state, 'redis', 'nobody.sock')}`,
    '--state',
    join(host.state, 'agent'),
    '--controller-key',
    join(host.state, 'controller', 'controller.pub'),
  ])
  return spawn(command, args, { stdio: 'ignore' })
}

/** The processes that run in the tasks' cgroups or, simpler, that their journals name and that live. */
async function journaledPids(): Promise<number[]> {
  const text = await host.run('sh', '-c', `cat ${join(host.state, 'agent', 'tasks')}/*/task.json`)
  const pids = [...text.matchAll(/"pid":\s*(\d+)/g)].map((match) => Number(match[1]))
  return pids.filter(isAlive)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
