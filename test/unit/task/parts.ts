import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../agent/clock.ts'
import type { Endpoint } from '../../../agent/network/networks.ts'
import { agentPaths } from '../../../agent/paths.ts'
import type { Exit, Runtime } from '../../../agent/runtime/runtime.ts'
import { createTasks } from '../../../agent/task/create.ts'
import { createJournal } from '../../../agent/task/journal/journal.ts'
import type { Tasks } from '../../../agent/task/tasks.ts'
import type { Healthcheck } from '../../../schemas/healthcheck.ts'
import type { RestartPolicy } from '../../../schemas/restart.ts'
import type { Health, Probe, Task, TaskStatus } from '../../../schemas/task.ts'

export const quiet = { debug() {}, info() {}, warn() {}, error() {} }

type TaskChanges = Partial<Pick<Task, 'id' | 'service' | 'slot'>> & { container?: Partial<Task['container']> }

export function aTask({ container, ...changes }: TaskChanges = {}): Task {
  return {
    ...{ id: 't1', stack: 'web', service: 'app', slot: 1, host: 'h1', revision: 'r1', fingerprint: 'f1' },
    ...changes,
    container: {
      image: { reference: 'localhost/app:1', pull: 'missing' },
      ...{ environment: {}, labels: {}, networks: [], ports: [], mounts: [], capAdd: [], capDrop: [] },
      healthcheck: null,
      restart: always(),
      resources: {},
      stopGracePeriod: 1_000,
      ...{ readOnly: false, noNewPrivileges: false },
      ...container,
    },
    networks: [],
    volumes: [],
  }
}

export function always(): RestartPolicy {
  return { condition: 'any' }
}

export function aHealthcheck(): Healthcheck {
  return { test: ['/probe'], interval: 10, timeout: 10, retries: 1, startPeriod: 0, startInterval: 10 }
}

/** A host in memory: what happens to it is written down in `calls`, and any call can be made to fail or to hang. */
export function aHost() {
  const calls: string[] = []
  const containers = new Map<
    string,
    { status: 'created' | 'running' | 'stopped'; pid: number; exit?: Exit }
  >()
  const listeners: ((exit: Exit) => void)[] = []
  const trouble = new Map<string, () => Promise<unknown>>()
  const deaf = new Set<string>()
  const published: string[][] = []
  const lookers = new Set<() => void>()
  const unheld = new Set<string>()
  const traces = new Set<string>()
  let pids = 100

  const did = async (call: string) => {
    calls.push(call)
    await trouble.get(call)?.()
    for (const look of [...lookers]) look()
  }
  const exit = (id: string, exitCode: number, oomKilled = false) => {
    const container = containers.get(id)
    if (!container || container.status === 'stopped') return
    const ended = { id, exitCode, oomKilled, at: new Date().toISOString() }
    containers.set(id, { status: 'stopped', pid: 0, exit: ended })
    for (const listener of listeners) listener(ended)
  }

  const runtime: Runtime = {
    info: { name: 'crun', version: '1', cgroup: 'v2', why: '' },
    openUsers: async () => undefined,
    async mountRoot(id) {
      await did(`mountRoot ${id}`)
      return `/run/${id}/rootfs`
    },
    async create({ task }) {
      unheld.delete(task.id)
      await did(`create ${task.id}`)
      pids += 1
      containers.set(task.id, { status: 'created', pid: pids })
      return { pid: pids }
    },
    async start(id) {
      await did(`start ${id}`)
      const container = containers.get(id)
      if (container) container.status = 'running'
    },
    async kill(id, signal) {
      await did(`kill ${id} ${signal}`)
      if (signal === 'SIGKILL') exit(id, 137)
      else if (!deaf.has(id)) exit(id, 143)
    },
    async delete(id) {
      await did(`delete ${id}`)
      containers.delete(id)
    },
    purge: (id) => did(`purge ${id}`),
    async state(id) {
      return containers.get(id)
    },
    async isHeld(id) {
      return !unheld.has(id)
    },
    async traces() {
      return [...traces]
    },
    async list() {
      return [...containers].map(([id, { pid }]) => ({ id, pid }))
    },
    async exec() {
      return { exitCode: 0, output: '', timedOut: false }
    },
    onExit: (listener) => void listeners.push(listener),
    async exitOf(id) {
      return containers.get(id)?.exit
    },
    usage: () => undefined,
    command: async () => ({ path: '/usr/bin/crun', prefix: [], root: '/run/fake' }),
    async limits() {
      return { memory: null, cpus: null, pids: null }
    },
    setLimits: (id, resources) => did(`setLimits ${id} ${JSON.stringify(resources)}`),
    settings: (_, { cpuShares }) => (cpuShares === undefined ? [] : [`cpu.weight=${cpuShares}`]),
    settingsNow: (_, settings) => settings,
    setSettings: (id, settings) => did(`setSettings ${id} ${settings}`),
    async logs(id) {
      return [{ at: '2026-01-01T00:00:00.000Z', stream: 'stderr', text: `${id} said goodbye` }]
    },
    async close() {},
  }

  const networks = {
    async attach(task: Task) {
      await did(`attach ${task.id}`)
      return {
        netns: `/run/netns/${task.id}`,
        identity: task.id,
        addresses: { web_default: '10.0.0.2' },
        ports: task.container.ports,
        resolvConf: '',
        hosts: '',
      }
    },
    async join(ownerId: string) {
      await did(`join ${ownerId}`)
      return {
        netns: `/run/netns/${ownerId}`,
        identity: ownerId,
        addresses: {},
        ports: [],
        resolvConf: '',
        hosts: '',
      }
    },
    detach: (id: string) => did(`detach ${id}`),
    async publish(endpoints: Endpoint[]) {
      const ids = endpoints.map(({ task }) => task.id).sort()
      published.push(ids)
      await did(`publish ${ids}`)
    },
    repair: (id: string) => did(`repair ${id}`),
    forwardings: async () => new Map<string, string[]>(),
    addressesOf: async () => [],
    async removeAll() {},
    async close() {},
  }

  return {
    calls,
    did,
    lookers,
    containers,
    unheld,
    traces,
    published,
    runtime,
    networks,
    /** Makes a call fail with this error, or do anything else first; undefined mends it. */
    disturb(call: string, what: Error | (() => Promise<unknown>) | undefined) {
      if (what === undefined) trouble.delete(call)
      else trouble.set(call, what instanceof Error ? () => Promise.reject(what) : what)
    },
    /** The container takes no notice of its stop signal. */
    deafen: (id: string) => void deaf.add(id),
    exit,
    tell(exit: Exit) {
      for (const listener of listeners) listener(exit)
    },
    /** A reboot: no container, no exit file, nothing mounted. */
    reboot() {
      containers.clear()
      listeners.length = 0
    },
    /** The agent is gone: nobody listens any more. */
    forgetAgent() {
      listeners.length = 0
    },
  }
}

export type Host = ReturnType<typeof aHost>

/** An agent's tasks on that host. Health is told by hand. */
export function anAgent(host: Host, state = temporaryState(), clock = systemClock) {
  const paths = agentPaths(state, join(state, 'run'))
  const statuses = new Map<string, TaskStatus>()
  const history: string[] = []
  let look = () => {}
  host.lookers.add(() => look())
  let watch: ((health: Health, probes: Probe[]) => void) | undefined

  const tasks: Tasks = createTasks({
    runtime: host.runtime,
    networks: host.networks,
    images: {
      async resolve({ reference }) {
        await host.did(`resolve ${reference}`)

        return { id: `id-of-${reference}`, reference, root: `/images/${reference}`, config: {} }
      },
      mountFor: async (_, id) => `/images/${id}`,
      async unmountFor() {},
      async release() {},
    },
    volumes: {
      async resolve(mount) {
        return { type: 'bind', source: mount.source, target: mount.target, readOnly: mount.readOnly }
      },
      async check() {},
      async release() {},
      list: async () => [],
      async remove() {},
    },
    contents: {
      resolve: async ({ container }) =>
        (container.contents ?? []).map(({ digest, target }) => ({
          ...{ type: 'bind', source: `/contents/${digest}`, target, readOnly: true },
        })),
      async release() {},
    },
    secrets: { resolve: async () => [], async remove() {}, async release() {} },
    journal: createJournal({ paths, log: quiet }),
    argvOf: () => ['/app'],
    probe: async () => ({ exitCode: 0, output: '', timedOut: false }),
    watchHealth: ({ onChange }) => {
      watch = onChange
      return {
        stop() {
          if (watch === onChange) watch = undefined
        },
      }
    },
    clock,
    log: quiet,
  })
  tasks.onChange((change) => {
    for (const status of change.tasks) {
      statuses.set(status.id, status)
      history.push(`${status.id} ${status.run} ${status.state}`)
    }
    for (const id of change.gone) {
      statuses.delete(id)
      history.push(`${id} gone`)
    }
    look()
  })

  const status = (id: string) => tasks.list().find((each) => each.id === id)
  return {
    tasks,
    state,
    paths,
    history,
    status,
    /** What the health watch that was begun last sees; true when one is on. */
    health(health: Health, probe?: Probe): boolean {
      watch?.(health, probe ? [probe] : [])
      return watch !== undefined
    },
    isWatching: () => watch !== undefined,
    /** Resolves once the condition holds after a change; fails by the test's own timeout. */
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          look = resolve
        })
      }
    },
  }
}

export function temporaryState(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tasks-'))
  folders.push(folder)
  return folder
}

const folders: string[] = []

export function removeTemporary(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
