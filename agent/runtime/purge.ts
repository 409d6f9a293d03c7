import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { removeCgroup } from './cgroup/cgroup.ts'
import { type Context, filesOf } from './context.ts'
import { deleteContainer } from './delete.ts'
import { logFiles } from './logs/files.ts'
import { removeOverlay } from './mounts/root.ts'
import { removeSharedMemory } from './mounts/shared-memory.ts'
import { closeUsers } from './users/users.ts'

/** Runtime.purge: the container and all that was made for it. */
export async function purgeContainer(context: Context, id: string): Promise<void> {
  const files = filesOf(context, id)
  await deleteContainer(context, id)
  await removeOverlay(context.paths, id)
  await removeSharedMemory(context.paths, id)
  await closeUsers(context.paths, id)
  await Promise.all([
    rm(files.bundle, { recursive: true, force: true }),
    removeLog(context.paths.task(id)),
    context.exits.forget(id),
    removeCgroup(context.info.cgroup, files.cgroup),
  ])
}

/** `/setpoint/<instance>` and `/setpoint` go with the last container; while another agent has some, `/setpoint` stays. */
export async function removeParents({ info, paths }: Context): Promise<void> {
  const instance = `/setpoint/${paths.instance}`
  await removeCgroup(info.cgroup, instance)
  await removeCgroup(info.cgroup, dirname(instance))
}

async function removeLog(folder: string): Promise<void> {
  await Promise.all((await logFiles(folder)).map(({ path }) => rm(path, { force: true })))
}
