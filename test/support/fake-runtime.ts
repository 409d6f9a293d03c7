import { EventEmitter } from 'node:events'
import type { Container, ExecResult, Exit, Limits, Runtime } from '../../agent/runtime/runtime.ts'
import type { Resources } from '../../schemas/resources.ts'

/** A runtime in memory: it passes the contract of the real one, and ends containers when a test says so. */
export interface FakeRuntime extends Runtime {
  /** The process of a container ends by itself. */
  exit(id: string, exitCode: number, options?: { oomKilled?: boolean }): void
  /** The container and whoever would tell of its end die together: nobody is told. */
  vanish(id: string): void
  /** Whoever would tell of the container's end dies, and it runs on. */
  loosen(id: string): void
  /** What `exec` answers from now on; success with no output until then. */
  answer(result: Partial<ExecResult>): void
  /** The next call of a verb fails with this error. */
  fail(verb: 'mountRoot' | 'create' | 'start' | 'exec', error: Error): void
  /** Every call of a verb that changes something, in order: `create web-1`. */
  readonly calls: string[]
  /** The containers that were created, by id. */
  readonly containers: Map<string, Container>
}

interface Entry {
  status: 'created' | 'running' | 'stopped'
  pid: number
  limits: Limits
}

const SIGNALS: Record<string, number> = { SIGKILL: 9, SIGTERM: 15, SIGINT: 2, SIGHUP: 1, SIGQUIT: 3 }

export function createFakeRuntime(): FakeRuntime {
  const entries = new Map<string, Entry>()
  const exits = new Map<string, Exit>()
  const containers = new Map<string, Container>()
  const failures = new Map<string, Error>()
  const events = new EventEmitter()
  const calls: string[] = []
  const loose = new Set<string>()
  let nextPid = 1000
  let answered: ExecResult = { exitCode: 0, output: '', timedOut: false }

  function called(verb: string, id: string): void {
    calls.push(`${verb} ${id}`)
    const error = failures.get(verb)
    failures.delete(verb)
    if (error) throw error
  }

  function end(id: string, exitCode: number, oomKilled = false): void {
    const entry = entries.get(id)
    if (entry === undefined || entry.status === 'stopped') return
    entry.status = 'stopped'
    entry.pid = 0
    const exit = { id, exitCode, oomKilled, at: new Date().toISOString() }
    exits.set(id, exit)
    queueMicrotask(() => events.emit('exit', exit))
  }

  return {
    info: { name: 'crun', version: 'fake', cgroup: 'v2', why: 'a test asked for it' },
    calls,
    containers,
    openUsers: async () => undefined,
    async mountRoot(taskId) {
      called('mountRoot', taskId)
      return `/fake/tasks/${taskId}/rootfs`
    },
    async create(container) {
      const { id } = container.task
      called('create', id)
      const entry = entries.get(id)
      if (entry && entry.status !== 'stopped') return { pid: entry.pid }
      const pid = nextPid++
      exits.delete(id)
      loose.delete(id)
      containers.set(id, container)
      entries.set(id, { status: 'created', pid, limits: limitsOf(container.task.container.resources) })
      return { pid }
    },
    async start(id) {
      called('start', id)
      const entry = entries.get(id)
      if (entry === undefined) throw new Error(`no container ${id}`)
      if (entry.status === 'running') return
      entry.status = 'running'
      const code = exitingCode(containers.get(id))
      if (code !== undefined) end(id, code)
    },
    async kill(id, signal) {
      called(`kill ${signal}`, id)
      end(id, 128 + (SIGNALS[signal] ?? 15))
    },
    async delete(id) {
      called('delete', id)
      end(id, 137)
      entries.delete(id)
    },
    async purge(id) {
      called('purge', id)
      end(id, 137)
      entries.delete(id)
      exits.delete(id)
      containers.delete(id)
    },
    async state(id) {
      const entry = entries.get(id)
      return entry && { status: entry.status, pid: entry.pid }
    },
    isHeld: async (id) => entries.get(id)?.status === 'running' && !loose.has(id),
    traces: async () => [...new Set([...containers.keys(), ...exits.keys()])],
    list: async (except = new Set()) =>
      [...entries].filter(([id]) => !except.has(id)).map(([id, { pid }]) => ({ id, pid })),
    async exec(id) {
      called('exec', id)
      if (entries.get(id)?.status !== 'running')
        return { exitCode: 255, output: 'not running', timedOut: false }
      return answered
    },
    onExit: (listener) => void events.on('exit', listener),
    exitOf: async (id) => exits.get(id) ?? unknownExit(id, entries.get(id)),
    limits: async (id) => entries.get(id)?.limits,
    command: async () => ({ path: '/usr/bin/crun', prefix: [], root: '/run/fake' }),
    usage: (id) => (entries.has(id) ? { cpuSeconds: 1, memory: 4096, pids: 1 } : undefined),
    async setLimits(id, resources) {
      called('setLimits', id)
      const entry = entries.get(id)
      if (entry === undefined) throw new Error(`no container ${id}`)
      entry.limits = limitsOf(resources)
    },
    settings: () => [],
    settingsNow: () => [],
    async setSettings(id) {
      called('setSettings', id)
    },
    logs: async () => [],
    async close() {
      events.removeAllListeners()
    },
    loosen: (id) => void loose.add(id),
    exit: (id, exitCode, { oomKilled = false } = {}) => end(id, exitCode, oomKilled),
    vanish(id) {
      const entry = entries.get(id)
      if (entry) Object.assign(entry, { status: 'stopped', pid: 0 })
    },
    answer(result) {
      answered = { exitCode: 0, output: '', timedOut: false, ...result }
    },
    fail: (verb, error) => void failures.set(verb, error),
  }
}

/** `sh -c 'exit N'` is the one program that the fake knows; everything else runs until it is ended. */
function exitingCode(container: Container | undefined): number | undefined {
  const [shell, flag, script] = container?.task.container.command ?? []
  const code = shell === 'sh' && flag === '-c' ? /^exit (\d+)$/.exec(script ?? '')?.[1] : undefined
  return code === undefined ? undefined : Number(code)
}

function unknownExit(id: string, entry: Entry | undefined): Exit | undefined {
  if (entry?.status !== 'stopped') return undefined
  return { id, exitCode: 255, oomKilled: false, at: new Date().toISOString() }
}

function limitsOf({ memory, cpus, pids }: Resources): Limits {
  return { memory: memory ?? null, cpus: cpus ?? null, pids: pids ?? null }
}
