import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchOf } from '../../agent/image/scratch.ts'
import { agentPaths, type Paths } from '../../agent/paths.ts'
import { startHost, TEST_IMAGE, type TestHost } from '../support/host.ts'
import { appService, compose, isConverged, tasksOf } from '../support/stacks.ts'

/** Another agent of the same machine. */
const OTHER = '0badcafe'

let host: TestHost
let paths: Paths
let probe: ChildProcess
let before: (number | null)[] = []

/** A path on the host as this process can open it. */
const at = (path: string) => join(`/proc/${host.pid}/root`, path)

beforeAll(async () => {
  host = await startHost({ files: { 'web/compose.yaml': compose(appService('app', { replicas: 2 })) } })
  paths = agentPaths(join(host.state, 'agent'))
  before = tasksOf(await host.until(isConverged())).map(({ pid }) => pid)
  await host.stop()
  for (const one of [...LEFT, ...OTHERS]) {
    await one.make()
    if (!(await one.isThere())) throw new Error(`${one.what} could not be made`)
  }
  probe = await hangingProbe()
  await host.start()
  await host.until(isConverged())
})
afterAll(async () => {
  for (const one of OTHERS) await one.remove().catch(() => {})
  probe?.kill('SIGKILL')
  await host?.destroy()
})

interface Leftover {
  what: string
  make(): Promise<unknown>
  isThere(): Promise<boolean>
}

const isPath = (path: () => string) => async () => existsSync(at(path()))
const lists = (argv: string[], text: () => string) => async () => (await host.run(...argv)).includes(text())

function aFile(what: string, path: () => string): Leftover {
  return { what, make: async () => write(at(path())), isThere: isPath(path) }
}

/** What an agent that is killed may leave at any of its steps. */
const LEFT: Leftover[] = [
  {
    what: 'the root of a task without a journal',
    async make() {
      const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) =>
        join(paths.task('ghost-root'), name),
      )
      const target = join(paths.taskRun('ghost-root'), 'rootfs')
      await host.run('mkdir', '-p', ...[lower, upper, work].map(String), target)
      const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
      await host.run('mount', '-t', 'overlay', '-o', layers, 'overlay', target)
    },
    isThere: async () =>
      (await lists(['cat', '/proc/self/mountinfo'], () => 'ghost-root')()) ||
      existsSync(paths.task('ghost-root')) ||
      existsSync(at(paths.taskRun('ghost-root'))),
  },
  aFile('a folder of a task that was being removed', () =>
    join(paths.state, 'tasks/.trash-ghost/upper/file'),
  ),
  {
    what: 'a network namespace with its link',
    async make() {
      const name = `setpoint-${paths.instance}-ghost-net`
      await host.run('ip', 'netns', 'add', name)
      await host.run(...'ip link add svghost type veth peer name eth0 netns'.split(' '), name)
    },
    isThere: async () =>
      (await lists(['ip', 'netns', 'list'], () => 'ghost-net')()) ||
      lists(['ip', '-br', 'link'], () => 'svghost')(),
  },
  {
    what: 'a bridge',
    make: () => host.run('ip', 'link', 'add', `sp${paths.instance}dead`, 'type', 'bridge'),
    isThere: lists(['ip', '-br', 'link'], () => `sp${paths.instance}dead`),
  },
  {
    what: 'a cgroup',
    make: async () => mkdirSync(cgroup(paths.instance, 'ghost-group')),
    isThere: async () => existsSync(cgroup(paths.instance, 'ghost-group')),
  },
  {
    what: 'a name server',
    make: () => nameServer(),
    isThere: lists(['ps', '-eo', 'args'], () => join(paths.run, 'dns', 'dead.hosts')),
  },
  {
    what: 'the users of a task, and its image with their ids',
    async make() {
      const [pin, root] = [
        join(paths.taskRun('ghost-users'), 'users'),
        join(paths.run, 'roots/ghost-users/rootfs'),
      ]
      const first = '2000289792'
      await host.run('mkdir', '-p', dirname(pin), root, paths.task('ghost-users'), '/run/setpoint/users')
      for (const file of [pin, join(paths.task('ghost-users'), 'users'), `/run/setpoint/users/${first}`])
        write(at(file), file.startsWith('/run/setpoint/users') ? `${paths.instance}/ghost-users` : first)
      await host.run('mount', '--bind', '/proc/self/ns/user', pin)
      const holder = 'setpoint-ghost'
      await host.run('buildah', 'from', '--pull-never', '--name', holder, TEST_IMAGE)
      write(at(join(paths.state, 'images/moved/ghost-users.json')), JSON.stringify({ holder, root: '' }))
    },
    isThere: async () =>
      (await lists(['buildah', 'containers'], () => 'setpoint-ghost')()) ||
      (await lists(['cat', '/proc/self/mountinfo'], () => 'ghost-users')()) ||
      (await lists(['find', '/run/setpoint', join(paths.state)], () => 'ghost-users')()) ||
      existsSync(at('/run/setpoint/users')),
  },
  {
    what: "a folder of the runtime's without a container",
    make: () => host.run('mkdir', '-p', join(paths.run, 'crun', 'ghost-record')),
    isThere: isPath(() => join(paths.run, 'crun', 'ghost-record')),
  },
  {
    what: 'a volume that is mounted',
    make: () => mountTmpfs(join(paths.run, 'volumes', 'ghost-volume')),
    isThere: lists(['cat', '/proc/self/mountinfo'], () => 'ghost-volume'),
  },
  {
    what: 'a part of a volume that is held in place',
    make: () => mountTmpfs(join(paths.run, 'held', 'ghost-held', 'a')),
    isThere: lists(['cat', '/proc/self/mountinfo'], () => 'ghost-held'),
  },
  {
    what: 'secrets in memory',
    async make() {
      await mountTmpfs(join(paths.run, 'secrets'))
      write(at(join(paths.run, 'secrets', 'ghost', '0')))
    },
    isThere: isPath(() => join(paths.run, 'secrets', 'ghost')),
  },
  aFile('an exit of a container', () => join(paths.run, 'exits', 'ghost-exit')),
  aFile('the folder of a command', () => join(paths.run, 'exec', 'ghost', 'pid')),
  aFile('a list for mount', () => join(paths.run, 'mounts-3')),
  aFile("a volume's line for mount", () => join(paths.run, 'volume-ghost')),
  aFile('half a network', () => join(paths.state, 'networks', 'ghost.json.tmp')),
  aFile('half an image', () => join(paths.state, 'images', 'ghost.json.tmp')),
  aFile('half a sealed secret', () => join(paths.state, 'secrets', 'ghost.tmp')),
  aFile('half a content', () => join(paths.state, 'contents', `.new-${'0'.repeat(64)}-x`, 'root', 'file')),
  aFile('a content on its way out', () => join(paths.state, 'contents', '.trash-x', 'file')),
  aFile('a volume on its way out', () => join(paths.state, 'volumes', '.trash-ghost', 'data', 'file')),
  aFile('a pull', () => join(`${scratchOf('pull', paths.instance)}ghost`, 'layer')),
]

/** What looks much like it and is another's. */
const OTHERS: (Leftover & { remove(): Promise<unknown> })[] = [
  {
    what: 'a network namespace of another agent',
    make: () => host.run('ip', 'netns', 'add', `setpoint-${OTHER}-task`),
    isThere: lists(['ip', 'netns', 'list'], () => `setpoint-${OTHER}-task`),
    remove: () => host.run('ip', 'netns', 'del', `setpoint-${OTHER}-task`),
  },
  {
    what: 'a bridge of another agent',
    make: () => host.run('ip', 'link', 'add', `sp${OTHER}dead`, 'type', 'bridge'),
    isThere: lists(['ip', '-br', 'link'], () => `sp${OTHER}dead`),
    remove: () => host.run('ip', 'link', 'del', `sp${OTHER}dead`),
  },
  {
    what: 'a table of another program',
    make: () => host.run('nft', 'add', 'table', 'inet', 'somebody'),
    isThere: lists(['nft', 'list', 'tables'], () => 'somebody'),
    remove: () => host.run('nft', 'delete', 'table', 'inet', 'somebody'),
  },
  {
    what: 'a mount in the run folder of another agent',
    make: () => mountTmpfs(`/run/setpoint/${OTHER}/volumes/data`),
    isThere: lists(['cat', '/proc/self/mountinfo'], () => `/run/setpoint/${OTHER}/volumes/data`),
    async remove() {
      await host.run('umount', `/run/setpoint/${OTHER}/volumes/data`)
      await host.run('rm', '-r', `/run/setpoint/${OTHER}`)
    },
  },
]

describe('an agent that starts removes', () => {
  it.each(LEFT)('$what', async ({ isThere }) => {
    await expect.poll(isThere, { timeout: 10_000 }).toBe(false)
  })

  it('a probe that nobody waits for', async () => {
    if (probe.exitCode === null && probe.signalCode === null) await once(probe, 'exit')
    const [task] = tasksOf(await host.status())
    const files = await readdir(at(paths.taskRun(task?.id ?? '')))
    expect(files.filter((name) => name.startsWith('exec-9999-'))).toEqual([])
  })
})

describe('it leaves', () => {
  it.each(OTHERS)('$what', async ({ isThere }) => {
    expect(await isThere()).toBe(true)
  })

  it('the processes of its tasks', async () => {
    expect(tasksOf(await host.status()).map(({ pid }) => pid)).toEqual(before)
  })
})

function write(path: string, text = '0'): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function mountTmpfs(folder: string): Promise<void> {
  await host.run('mkdir', '-p', folder)
  await host.run('mount', '-t', 'tmpfs', 'tmpfs', folder)
}

function nameServer(): Promise<string> {
  const file = (ending: string) => join(paths.run, 'dns', `dead.${ending}`)
  write(at(file('hosts')))
  return host.run(
    ...['dnsmasq', '--conf-file=/dev/null', '--listen-address=127.0.0.9', '--bind-interfaces', '--no-hosts'],
    ...[`--addn-hosts=${file('hosts')}`, `--pid-file=${file('pid')}`, '--user=root', '--no-resolv'],
  )
}

/** A command in a container, with the file that a probe of an earlier agent has. */
async function hangingProbe(): Promise<ChildProcess> {
  const inside = ['nsenter', `--target=${before[0]}`, '--pid', '--mount', '--', '/bin/sleep', '1000']
  const child = spawn(inside[0] ?? '', inside.slice(1), { stdio: 'ignore' })
  await once(child, 'spawn')
  let pid: string | undefined
  while (pid === undefined) [pid] = await children(child.pid ?? 0)
  const [id = ''] = (await readdir(at(dirname(paths.taskRun('-'))))).filter((name) => name.includes('app-1'))
  writeFileSync(at(join(paths.taskRun(id), 'exec-9999-1.pid')), pid)
  writeFileSync(at(join(paths.taskRun(id), 'exec-9999-1.json')), '{}')
  return child
}

async function children(pid: number): Promise<string[]> {
  const text = await host.run('cat', `/proc/${pid}/task/${pid}/children`)
  return text.split(' ').filter(Boolean)
}

/** In the hierarchy of version 2, or in one of version 1. */
function cgroup(instance: string, task: string): string {
  const v1 = '/sys/fs/cgroup/pids'
  return join(existsSync(v1) ? v1 : '/sys/fs/cgroup', 'setpoint', instance, task)
}
