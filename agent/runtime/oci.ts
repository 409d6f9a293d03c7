import { mkdir } from 'node:fs/promises'
import { messageOf } from '../../schemas/error.ts'
import type { Log } from '../../schemas/log.ts'
import type { Paths } from '../paths.ts'
import { isAlive } from '../processes.ts'
import { signal } from '../signals.ts'
import { readAbilities } from './abilities.ts'
import { startArgv } from './argv.ts'
import { cgroupVerbs } from './cgroup/verbs.ts'
import type { RuntimeChoice } from './choose.ts'
import { confinements } from './confinement/confinement.ts'
import { loadSeccomp } from './confinement/seccomp.ts'
import { conmonPid } from './conmon.ts'
import { type Context, commandOf, conmonPidFileOf, exitDirOf } from './context.ts'
import { openContexts } from './contexts.ts'
import { createContainer } from './create.ts'
import { deleteContainer } from './delete.ts'
import { run } from './exec.ts'
import { exitFrom, exitOf } from './exit-of.ts'
import { watchExits } from './exits.ts'
import { explain } from './explain.ts'
import { tailLog } from './logs/reader.ts'
import { createMountBatch } from './mounts/batch.ts'
import { checkFolders, isRootMounted, mountOverlay } from './mounts/root.ts'
import { execIn } from './probe.ts'
import { endOldProbes } from './probe-leftovers.ts'
import { purgeContainer, removeParents } from './purge.ts'
import { readRecord, stateOf } from './record.ts'
import type { Runtime } from './runtime.ts'
import { tracesOf } from './traces.ts'
import { checkUsers } from './users/own-users.ts'
import { openUsers } from './users/users.ts'

export interface OciOptions {
  paths: Paths
  choice: RuntimeChoice
  log: Pick<Log, 'warn' | 'error'>
}

/** Bytes that are looked through for the last lines of a log: with lines that are endless there are fewer of them. */
const TAIL_WITHIN = 1024 * 1024
/** Milliseconds that the runtime may take to start a container. */
const START_DEADLINE = 30_000

/**
 * Containers by crun or runc, each under a conmon of its own that holds its log and exit code and does not need the
 * agent: a new agent over the same folders finds every container as it is.
 * @throws SetpointError RUNTIME_MISSING without a seccomp profile, MOUNT_FAILED for folders that cannot hold overlays
 */
export async function createRuntime({ paths, choice, log }: OciOptions): Promise<Runtime> {
  const context = await openContext({ paths, choice, log })
  const { exits, info } = context
  const contexts = openContexts(context)
  await endOldProbes(context)
  const mount = createMountBatch(paths.run, isRootMounted)
  let creating = 0
  return {
    info,
    async openUsers(task) {
      const { isolation } = task.container
      if (isolation?.users) checkUsers(task, (await contexts.named(isolation.runtime)).info)
      return openUsers(paths, task)
    },
    mountRoot: (taskId, image, users) => mountOverlay({ paths, mount }, taskId, { root: image.root, users }),
    async create(container) {
      creating += 1
      try {
        const { isolation } = container.task.container
        return await createContainer(await contexts.named(isolation?.runtime), container)
      } finally {
        creating -= 1
      }
    },
    start: async (id) => startContainer(await contexts.of(id), id),
    async kill(id, name) {
      const record = await readRecord(await contexts.rootOf(id), id)
      if (record && isAlive(record)) signal(record.pid, name)
    },
    delete: async (id) => deleteContainer(await contexts.of(id), id),
    async purge(id) {
      await purgeContainer(await contexts.of(id), id)
      if (creating === 0 && (await contexts.recorded()).length === 0) await removeParents(context)
    },
    state,
    isHeld: async (id) => (await conmonPid(id, conmonPidFileOf(paths, id))) !== undefined,
    traces: () => tracesOf(context),
    async list(except = new Set()) {
      const ids = (await contexts.recorded()).filter((id) => !except.has(id))
      return Promise.all(ids.map(async (id) => ({ id, pid: await pidOf(id) })))
    },
    exec: async (id, argv, { timeout }) => execIn(await contexts.of(id), { id, argv, timeout }),
    command: async (id) => (await contexts.of(id)).command,
    onExit(listener) {
      exits.onExit((id, file) => {
        exitFrom(context, id, file).then(listener, (error) =>
          log.error({ task: id, problem: messageOf(error) }, 'The exit of a container cannot be told'),
        )
      })
    },
    exitOf: async (id) => exitOf({ ...context, root: await contexts.rootOf(id) }, id),
    ...cgroupVerbs(info.cgroup, paths.instance),
    logs: (id, tail) => tailLog(paths.task(id), tail, TAIL_WITHIN),
    close: async () => exits.close(),
  }

  async function state(id: string) {
    return stateOf(await contexts.rootOf(id), id)
  }

  /** 0 for one that cannot be looked at, too: it keeps no other from being listed. */
  async function pidOf(id: string): Promise<number> {
    try {
      return (await state(id))?.pid ?? 0
    } catch (error) {
      log.warn({ task: id, problem: messageOf(error) }, 'A container cannot be looked at')
      return 0
    }
  }
}

async function openContext({ paths, choice, log }: OciOptions): Promise<Context> {
  checkFolders(paths)
  const command = commandOf(paths, choice)
  await mkdir(command.root, { recursive: true, mode: 0o700 })
  const [profile, abilities, exits] = await Promise.all([
    loadSeccomp(),
    readAbilities(choice.info.cgroup),
    watchExits(exitDirOf(paths), log),
  ])
  return {
    paths,
    info: choice.info,
    command,
    exits,
    abilities,
    confinements: confinements(profile),
    log,
  }
}

async function startContainer(context: Context, id: string): Promise<void> {
  if ((await stateOf(context.command.root, id))?.status === 'running') return
  const result = await run(startArgv(context.command, id), { timeout: START_DEADLINE })
  if (result.exitCode === 0) return
  const said = result.timedOut ? 'it did not start in time' : result.stderr
  throw explain(`the container of task ${id} cannot be started`, said)
}
