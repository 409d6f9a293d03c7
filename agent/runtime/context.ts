import { join } from 'node:path'
import type { Log } from '../../schemas/log.ts'
import type { Paths } from '../paths.ts'
import type { Abilities } from './abilities.ts'
import type { RuntimeCommand } from './argv.ts'
import { cgroupPath } from './cgroup/cgroup.ts'
import type { RuntimeChoice } from './choose.ts'
import type { Confinements } from './confinement/confinement.ts'
import type { Exits } from './exits.ts'
import { LOG } from './logs/files.ts'
import type { RuntimeInfo } from './runtime.ts'

/** What every verb of the adapter works with. */
export interface Context {
  paths: Paths
  info: RuntimeInfo
  command: RuntimeCommand
  exits: Exits
  abilities: Abilities
  confinements: Confinements
  log: Pick<Log, 'warn' | 'error'>
}

/** Where the files of one container lie. */
export function filesOf({ paths, command }: Pick<Context, 'paths' | 'command'>, id: string) {
  const bundle = paths.taskRun(id)
  return {
    bundle,
    config: join(bundle, 'config.json'),
    pidFile: join(bundle, 'pid'),
    conmonPidFile: conmonPidFileOf(paths, id),
    /** There when the kernel has killed for want of memory: the cgroup, which knows it, goes with the container. */
    oom: join(bundle, 'oom'),
    log: join(paths.task(id), LOG),
    /** The runtime's own folder for the container. */
    record: join(command.root, id),
    /** What crun has compiled of the seccomp profile. */
    filter: join(command.root, id, 'seccomp.bpf'),
    cgroup: cgroupPath(paths.instance, id),
  }
}

/** Where conmon says who it is. */
export const conmonPidFileOf = (paths: Paths, id: string) => join(paths.taskRun(id), 'conmon.pid')

export const exitDirOf = (paths: Paths) => join(paths.run, 'exits')

/** The FIFO in which the conmon of a container takes orders. */
export const controlOf = (paths: Paths, id: string) => join(paths.taskRun(id), 'ctl')

/** How the runtime of a choice is called over these folders. */
export function commandOf(paths: Paths, { path, prefix, info }: RuntimeChoice): RuntimeCommand {
  return { path, prefix, root: join(paths.run, info.name) }
}
