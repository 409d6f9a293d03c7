import { mkdir, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'

import { SetpointError } from '../../schemas/error.ts'
import { loggingOf } from '../../schemas/logging.ts'
import type { Task } from '../../schemas/task.ts'
import { checkAbilities } from './abilities.ts'
import { conmonArgv } from './argv.ts'
import { blockDevicesOf } from './block-devices.ts'
import { shareBlockDevices } from './block-shares.ts'
import { bundle, type OciConfig } from './bundle.ts'
import { capabilitiesOf } from './capabilities.ts'
import { startConmon } from './conmon.ts'
import { type Context, exitDirOf, filesOf } from './context.ts'
import { deleteContainer } from './delete.ts'
import { keepProcess } from './exec-process.ts'
import { explain } from './explain.ts'
import { stateOf } from './record.ts'
import type { Container } from './runtime.ts'
import { withSingleFiles } from './single-files.ts'
import { userOf } from './user.ts'
import { showInView } from './view.ts'

const CREATE_DEADLINE = 60_000

/** Makes a container under conmon, or gives the pid of the one that is there; what is left of an ended one goes first. */
export async function createContainer(context: Context, container: Container): Promise<{ pid: number }> {
  const { id } = container.task
  const state = await stateOf(context.command.root, id)
  if (state && state.status !== 'stopped') return { pid: state.pid }
  if (isInView(context)) checkShared(container)
  await deleteContainer(context, id)
  await prepare(context, container)
  const files = filesOf(context, id)
  const argv = conmonArgv(context.command, {
    ...files,
    id,
    exitDir: exitDirOf(context.paths),
    logging: loggingOf(container.task.container.logging),
  })
  try {
    const pid = await startConmon(argv, context.paths.run, CREATE_DEADLINE)
    const { capAdd, capDrop, resources } = container.task.container
    await shareBlockDevices(context.info.cgroup, files.cgroup, resources.block)
    await context.confinements.learn(capabilitiesOf(capAdd, capDrop), files.filter)
    return { pid }
  } catch (error) {
    await deleteContainer(context, id)
    throw explain(`the container of task ${id} cannot be made`, (error as Error).message, error)
  }
}

async function prepare(context: Context, container: Container): Promise<void> {
  const { id } = container.task
  const files = filesOf(context, id)
  const config = await configOf(context, container)
  await Promise.all([files.bundle, dirname(files.log)].map((folder) => mkdir(folder, { recursive: true })))
  await Promise.all([
    writeFile(files.config, JSON.stringify(config), { mode: 0o600 }), // it holds the environment
    keepProcess(context, id, config),
    context.exits.forget(id),
    rm(files.oom, { force: true }),
    isInView(context) ? showInView(context.paths.run, sourcesOf(container)) : undefined,
  ])
}

async function configOf(context: Context, container: Container): Promise<OciConfig> {
  const { task, image } = container
  const spec = task.container
  checkAbilities(spec, context.abilities)
  const capabilities = capabilitiesOf(spec.capAdd, spec.capDrop)
  const mounts = await withSingleFiles(container.mounts)
  return bundle(
    { ...container, mounts, netns: netnsSeen(context, container.netns) },
    {
      instance: context.paths.instance,
      hostname: hostnameOf(task),
      user: await userOf(spec.user ?? image.config.user, image.root),
      cgroupPath: filesOf(context, task.id).cgroup,
      cgroup: context.info.cgroup,
      countsSwap: context.abilities.countsSwap,
      seccomp: context.confinements.of(capabilities),
      blockDevices: await blockDevicesOf(spec.resources.block),
      oomScoreAdj: context.abilities.oomScoreAdj < 0 ? 0 : undefined,
    },
  )
}

/** Docker's rule: who uses the network of another has the hostname that goes with it. */
function hostnameOf({ service, slot, container: { hostname: own, networkMode } }: Task): string {
  if (own !== undefined) return own
  if (networkMode === 'host') return hostname()
  return `${typeof networkMode === 'object' ? networkMode.service : service}-${slot}`.slice(0, 63)
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
    { hint: 'Start the agent with --runtime runc, or boot the host with cgroup v2 alone.' },
  )
}

const isInView = ({ command }: Context) => command.prefix.length > 0

const sourcesOf = ({ mounts }: Container) =>
  mounts.filter(({ type }) => type === 'bind').map(({ source }) => source)
