import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { unable } from './abilities.ts'
import { chooseRuntime } from './choose.ts'
import { type Context, commandOf } from './context.ts'
import { exists, recorded } from './record.ts'
import type { RuntimeInfo } from './runtime.ts'

type Name = RuntimeInfo['name']

/** Which OCI runtime a container is under: the one that the agent has chosen, or another that its service names. */
export interface Contexts {
  /** @throws SetpointError RUNTIME_MISSING when there is no such runtime on this host */
  named(name: Name | undefined): Promise<Context>
  /** That of the container; the chosen one for a container that is not there. */
  of(id: string): Promise<Context>
  /** Its runtime's folder, which tells how it is on a host that has that runtime no more, too. */
  rootOf(id: string): Promise<string>
  /** The containers that any runtime has a folder for. */
  recorded(): Promise<string[]>
}

/** The view of the mounts that crun needs there is made before the first root is mounted, or never. */
const NO_CRUN = [
  'runtime: crun is asked for, and the agent of this host runs runc where cgroup v1 and v2 are mixed',
  'Start the agent with --runtime auto or crun, or boot the host with cgroup v2 alone.',
] as const

/** The other runtime is looked for only when a service or a container that is there needs it. */
export function openContexts(chosen: Context): Contexts {
  const { paths, info } = chosen
  const other: Name = info.name === 'crun' ? 'runc' : 'crun'
  const folderOf = (name: Name) => join(paths.run, name)
  let opened: Promise<Context> | undefined

  async function open(): Promise<Context> {
    if (other === 'crun' && info.cgroup === 'hybrid') throw unable(...NO_CRUN)
    const choice = await chooseRuntime({ wanted: other, run: paths.run })
    const command = commandOf(paths, choice)
    await mkdir(command.root, { recursive: true, mode: 0o700 })
    return { ...chosen, info: choice.info, command }
  }

  function named(name: Name | undefined): Promise<Context> {
    if (name === undefined || name === info.name) return Promise.resolve(chosen)
    opened ??= open().catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function nameOf(id: string): Promise<Name> {
    const isOther =
      !(await exists(join(chosen.command.root, id))) && (await exists(join(folderOf(other), id)))
    return isOther ? other : info.name
  }

  return {
    named,
    of: async (id) => named(await nameOf(id)),
    rootOf: async (id) => folderOf(await nameOf(id)),
    recorded: async () =>
      (await Promise.all([info.name, other].map((name) => recorded(folderOf(name))))).flat(),
  }
}
