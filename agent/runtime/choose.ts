import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import { versionArgv } from './argv.ts'
import { type CgroupMode, cgroupMode } from './cgroup/cgroup.ts'
import { succeed } from './exec.ts'
import { mayLockMemory } from './memory-lock.ts'
import { openView } from './mounts/view.ts'
import type { RuntimeInfo } from './runtime.ts'

export { releaseView } from './mounts/view.ts'

export interface RuntimeChoice {
  info: RuntimeInfo
  /** crun or runc, an absolute path. */
  path: string
  /** What goes before every command that makes or touches a container. */
  prefix: string[]
}

export interface Wanted {
  wanted: 'auto' | 'crun' | 'runc'
  /** The agent's run folder, where a view of the mounts is kept if one is needed. */
  run: string
}

type Name = RuntimeInfo['name']
type Way = Omit<RuntimeChoice, 'info'> & { name: Name; why: string }

/**
 * The OCI runtime that this host's cgroups and packages allow: crun, which is the faster one, where it can be had.
 * @throws SetpointError RUNTIME_MISSING naming the packages to install
 */
export async function chooseRuntime({ wanted, run }: Wanted): Promise<RuntimeChoice> {
  const cgroup = await cgroupMode()
  const [crun, runc, conmon] = await Promise.all(['crun', 'runc', 'conmon'].map(find))
  if (conmon === undefined) throw missing(['conmon', ...((crun ?? runc) ? [] : ['crun'])])
  if (wanted !== 'runc' && crun !== undefined)
    return settle(await crunIn(cgroup, { crun, runc, wanted, run }), cgroup)
  if (wanted !== 'crun' && runc !== undefined) {
    const why = wanted === 'runc' ? 'runc was asked for' : 'crun is not installed'
    return settle({ name: 'runc', path: runc, prefix: [], why }, cgroup)
  }
  throw missing([wanted === 'auto' ? 'crun' : wanted])
}

interface Found extends Wanted {
  crun: string
  runc: string | undefined
}

async function crunIn(cgroup: CgroupMode, { crun, runc, wanted, run }: Found): Promise<Way> {
  const way = { name: 'crun' as const, path: crun }
  if (cgroup === 'v2' && wanted === 'auto' && runc !== undefined && !mayLockMemory()) {
    const why = 'crun could not load its device filter (no CAP_SYS_RESOURCE, and locked memory is limited)'
    return { name: 'runc', path: runc, prefix: [], why }
  }
  if (cgroup !== 'hybrid') return { ...way, prefix: [], why: 'crun is installed' }
  try {
    return { ...way, prefix: await openView(run), why: 'crun runs in a view of the mounts without cgroup v2' }
  } catch (error) {
    if (wanted === 'crun' || runc === undefined) throw error
    const why = `the view of the mounts that crun would need cannot be made (${(error as Error).message})`
    return { name: 'runc', path: runc, prefix: [], why }
  }
}

async function settle({ name, why, ...way }: Way, cgroup: CgroupMode): Promise<RuntimeChoice> {
  const said = await succeed(versionArgv(way), { timeout: 10_000 })
  const version = /version (\S+)/.exec(said)?.[1] ?? 'unknown'
  return { ...way, info: { name, version, cgroup, why: `cgroups are ${cgroup}; ${why}` } }
}

/** Beside PATH the system's own folders, which a service manager may leave out. */
async function find(name: string): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  for (const folder of folders.filter((path) => path.startsWith('/'))) {
    const path = join(folder, name)
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return undefined
}

function missing(names: string[]): SetpointError {
  const list = names.join(' and ')
  return new SetpointError(
    'RUNTIME_MISSING',
    `${list} ${names.length > 1 ? 'are' : 'is'} not installed on this host.`,
    {
      hint: `Install ${names.length > 1 ? 'them' : 'it'}: \`apt-get install -y ${names.join(' ')}\`.`,
    },
  )
}
