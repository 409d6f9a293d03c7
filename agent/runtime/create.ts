import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { SetpointError } from '../../schemas/error.ts'
import { loggingOf } from '../../schemas/logging.ts'

import { conmonArgv } from './argv.ts'
import type { OciConfig } from './bundle.ts'
import { shareBlockDevices } from './cgroup/block-shares.ts'
import { capabilitiesFor, configFor, isConfinedAsUsual } from './configure.ts'
import { startConmon } from './conmon.ts'
import { type Context, exitDirOf, filesOf } from './context.ts'
import { deleteContainer } from './delete.ts'
import { keepProcess } from './exec-process.ts'
import { explain } from './explain.ts'
import { showInView } from './mounts/view.ts'
import { stateOf } from './record.ts'
import type { Container } from './runtime.ts'
import { giveOutput } from './users/own-users.ts'

/** Milliseconds until conmon must have told the pid of the container. */
const CREATE_DEADLINE = 60_000

/** Makes a container under conmon, or gives the pid of the one that is there; what is left of an ended one goes first. */
export async function createContainer(context: Context, container: Container): Promise<{ pid: number }> {
  const { id, container: spec } = container.task
  const state = await stateOf(context.command.root, id)
  if (state && state.status !== 'stopped') return { pid: state.pid }
  if (isInView(context)) checkShared(container)
  await deleteContainer(context, id)
  const config = await prepare(context, container)
  const files = filesOf(context, id)
  const argv = conmonArgv(context.command, {
    ...files,
    id,
    exitDir: exitDirOf(context.paths),
    logging: loggingOf(container.task.container.logging),
    terminal: spec.process?.tty === true,
    stdin: spec.process?.stdinOpen === true,
  })
  try {
    const pid = await startConmon(argv, context.paths.run, CREATE_DEADLINE)
    if (container.users) await giveOutput(pid, config.process.user, container.users)
    await shareBlockDevices(context.info.cgroup, files.cgroup, spec.resources.block)
    if (isConfinedAsUsual(spec))
      await context.confinements.learn(capabilitiesFor(context, spec), files.filter)
    return { pid }
  } catch (error) {
    await deleteContainer(context, id)
    throw explain(`the container of task ${id} cannot be made`, (error as Error).message, error)
  }
}

async function prepare(context: Context, container: Container): Promise<OciConfig> {
  const { id } = container.task
  const files = filesOf(context, id)
  const config = await configFor(context, { ...container, netns: netnsSeen(context, container.netns) })
  await Promise.all([files.bundle, dirname(files.log)].map((folder) => mkdir(folder, { recursive: true })))
  await Promise.all([
    writeFile(files.config, JSON.stringify(config), { mode: 0o600 }), // it holds the environment
    keepProcess(context, id, config),
    context.exits.forget(id),
    rm(files.oom, { force: true }),
    isInView(context) ? showInView(context.paths.run, sourcesOf(container)) : undefined,
  ])
  return config
}

/** A namespace mounted after the view was made is not in the view, but can be reached through this process. */
function netnsSeen(context: Context, netns: string | null): string | null {
  if (netns === null || !isInView(context) || netns.startsWith('/proc/')) return netns
  return `/proc/${process.pid}/root${netns}`
}

/** The view follows the host, and the host does not follow it. */
function checkShared({ mounts }: Container): void {
  const mount = mounts.find(({ propagation }) => propagation?.endsWith('shared'))
  if (!mount) return
  throw new SetpointError(
    'MOUNT_FAILED',
    `${mount.source} cannot be mounted with propagation ${mount.propagation}: crun runs apart from the host's mounts where cgroup v1 and v2 are mixed.`,
    {
      hint: 'Give the service `runtime: runc`, start the agent with --runtime runc, or boot the host with cgroup v2 alone.',
    },
  )
}

const isInView = ({ command }: Context) => command.prefix.length > 0

const sourcesOf = ({ mounts }: Container) =>
  mounts.filter(({ type }) => type === 'bind').map(({ source }) => source)
