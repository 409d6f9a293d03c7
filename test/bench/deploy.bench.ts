import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { isConverged, stackOf, tasksOf } from '../support/stacks.ts'
import { type Measured, median } from './measure.ts'
import { busy, rss } from './process.ts'

const REPLICAS = 20
const ROUNDS = 5

/** Commit to 20 running replicas against a bare shell loop; the time to replace a killed container; what an idle agent costs. */
export async function benchDeploy(): Promise<Measured[]> {
  const host = await startHost({
    files: { 'warm/compose.yaml': compose('sleep 1000000', 1) },
    args: ['--log-level', 'warn'],
  })
  try {
    await host.until(isConverged(undefined, 'warm'))
    await host.stop() // the first life of an agent from a clone strips types; what it compiled is kept for all others
    await host.start()
    const floors: number[] = []
    const ours: number[] = []
    const full: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      floors.push(await floor(host, round))
      ours.push(await commitToRunning(host, compose(`sleep 10000${round}`, REPLICAS)))
      full.push(await commitToRunning(host, furnished(`sleep 10000${round}`)))
    }
    const restart = await restartTime(host)
    const idle = await idleCost(host)
    const against = (times: number[]) =>
      `${median(times).toFixed(0)} ms against a floor of ${median(floors).toFixed(0)} ms, median of ${ROUNDS}`
    return [
      {
        name: `commit to ${REPLICAS} running replicas, against a bare shell loop`,
        value: median(ours) / median(floors),
        unit: 'times',
        limit: 1.2,
        note: against(ours),
      },
      {
        name: 'the same with a network of their own, a volume, a secret and a healthcheck',
        value: median(full) / median(floors),
        unit: 'times',
        limit: 2,
        note: against(full),
      },
      { name: 'a killed container runs again', value: restart, unit: 'ms', limit: 300 },
      ...idle,
    ]
  } finally {
    await host.destroy()
  }
}

function compose(command: string, replicas: number): string {
  return `services:\n  app:\n    image: ${TEST_IMAGE}\n    command: ["/bin/sh", "-c", "${command}"]\n    stop_grace_period: 0s\n    deploy: {replicas: ${replicas}}\n`
}

/** Tasks with what most services have; they count when they run, whatever their health. */
function furnished(command: string): string {
  return [
    compose(command, REPLICAS).trimEnd(),
    '    networks: [own]',
    '    volumes: ["data:/data"]',
    '    secrets: [password]',
    '    healthcheck: {test: [CMD, "true"], interval: 10s}',
    'networks: {own: {}}',
    'volumes: {data: {}}',
    'secrets: {password: {file: password}}',
    '',
  ].join('\n')
}

async function commitToRunning(host: TestHost, text: string): Promise<number> {
  await stage(host, { 'web/compose.yaml': text, 'web/password': 'hush\n' })
  const running = host.until(
    (status) => (status.stacks.find(({ name }) => name === 'web')?.services[0]?.running ?? 0) === REPLICAS,
  )
  const begun = performance.now()
  await git(host, 'update-ref', 'refs/heads/main', await git(host, 'rev-parse', 'staged'))
  await running
  const took = performance.now() - begun
  await host.run('git', '-C', host.repository.path, 'reset', '-q', '--hard', 'main')
  await host.until(isConverged(undefined, 'web'))
  await host.run('git', '-C', host.repository.path, 'rm', '-rq', 'web')
  await host.commit({})
  await host.until((status) => !status.stacks.some(({ name }) => name === 'web'))
  return took
}

/** Makes the commit without moving the branch: only the move of the branch is what Setpoint is to see. */
async function stage(host: TestHost, files: Record<string, string>): Promise<void> {
  const parent = await git(host, 'rev-parse', 'main')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(host.repository.path, path, '..'), { recursive: true })
    await writeFile(join(host.repository.path, path), text)
    await git(host, 'add', path)
  }
  const tree = await git(host, 'write-tree')
  const commit = await git(
    host,
    '-c',
    'user.name=b',
    '-c',
    'user.email=b@localhost',
    'commit-tree',
    tree,
    '-p',
    parent,
    '-m',
    'staged',
  )
  await git(host, 'update-ref', 'refs/staged', commit)
  await git(host, 'tag', '-f', 'staged', commit)
}

async function git(host: TestHost, ...args: string[]): Promise<string> {
  return (await host.run('git', '-C', host.repository.path, ...args)).trim()
}

/** What the machine needs at least: the same roots, namespaces, veths and containers, by a shell and nothing else. */
async function floor(host: TestHost, round: number): Promise<number> {
  const folder = join(host.folder, `floor-${round}`)
  const [task] = tasksOf(await host.status(), 'warm')
  const root = await imageRoot(task?.pid ?? 0)
  const config = JSON.parse(
    await host.run(
      'sh',
      '-c',
      `mkdir -p ${folder}/spec && cd ${folder}/spec && crun spec && cat config.json`,
    ),
  )
  config.process.terminal = false
  config.process.args = ['/bin/sh', '-c', 'sleep 1000000']
  for (let i = 0; i < REPLICAS; i++) {
    const bundle = join(folder, String(i))
    await mkdir(bundle, { recursive: true })
    const namespaces = config.linux.namespaces.map((namespace: { type: string }) =>
      namespace.type === 'network' ? { type: 'network', path: `/run/netns/floor${i}` } : namespace,
    )
    await writeFile(
      join(bundle, 'config.json'),
      JSON.stringify({
        ...config,
        root: { path: `${bundle}/rootfs` },
        linux: { ...config.linux, namespaces },
      }),
    )
  }
  const begun = performance.now()
  await host.run('sh', '-c', loop(folder, root))
  const took = performance.now() - begun
  await host.run('sh', '-c', cleanup(folder))
  return took
}

function loop(folder: string, root: string): string {
  return `set -e; i=0; while [ $i -lt ${REPLICAS} ]; do b=${folder}/$i
mkdir -p $b/upper $b/work $b/rootfs
mount -t overlay overlay -o lowerdir=${root},upperdir=$b/upper,workdir=$b/work $b/rootfs
ip netns add floor$i
ip link add floor$i type veth peer name eth0 netns floor$i
ip link set floor$i up
ip -n floor$i link set eth0 up
crun --root ${folder}/crun run -d -b $b floor$i </dev/null >/dev/null 2>&1
i=$((i+1)); done`
}

function cleanup(folder: string): string {
  return `i=0; while [ $i -lt ${REPLICAS} ]; do crun --root ${folder}/crun delete -f floor$i; ip netns del floor$i; umount ${folder}/$i/rootfs; i=$((i+1)); done; rm -rf ${folder}`
}

/** The folder that a task's overlay has below it: where the image is mounted. */
async function imageRoot(pid: number): Promise<string> {
  const line = (await readFile(`/proc/${pid}/mountinfo`, 'utf8'))
    .split('\n')
    .find((entry) => entry.split(' ')[4] === '/')
  const root = /lowerdir=([^,:]+)/.exec(line ?? '')?.[1]
  if (root === undefined) throw new Error('the root of the image was not found')
  return root
}

async function restartTime(host: TestHost): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const [task] = tasksOf(await host.status(), 'warm')
    if (task?.pid == null) throw new Error('the task does not run')
    const pid = task.pid
    const again = host.until((status) =>
      tasksOf(status, 'warm').some((one) => one.state === 'running' && one.pid !== pid && one.pid !== null),
    )
    const begun = performance.now()
    process.kill(pid, 'SIGKILL')
    await again
    times.push(performance.now() - begun)
    await host.run('sleep', '11') // its back-off starts again: each is a first restart
  }
  return median(times)
}

async function idleCost(host: TestHost): Promise<Measured[]> {
  const revision = await host.commit({ 'idle/compose.yaml': compose('sleep 1000000', REPLICAS) })
  await host.until(
    (status) =>
      isConverged(revision, 'idle')(status) && stackOf(status, 'idle').services[0]?.running === REPLICAS,
  )
  const { agent, controller } = await host.pids()
  if (agent === undefined || controller === undefined) throw new Error('agent or controller is gone')
  const used = (await busy(host, agent, 60)) * 100
  return [
    { name: `agent with ${REPLICAS + 1} tasks: RSS`, value: await rss(agent), unit: 'MB', limit: 110 },
    {
      name: `agent with ${REPLICAS + 1} tasks: share of a core while nothing happens`,
      value: used,
      unit: '%',
      limit: 1,
    },
    { name: 'controller: RSS', value: await rss(controller), unit: 'MB' },
  ]
}
