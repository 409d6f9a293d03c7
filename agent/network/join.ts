import { existsSync, writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { SetpointError } from '../../schemas/error.ts'
import { taskFiles } from './names/task-files.ts'
import { NETNS_FOLDER } from './naming.ts'
import type { Attachment } from './networks.ts'
import type { Parts } from './parts.ts'

/** Networks.join. */
export async function join(parts: Parts, ownerId: string): Promise<Attachment> {
  const { name } = parts.place(ownerId)
  const { resolvConf, hosts, shared } = taskFiles(parts.paths, ownerId)
  if (!parts.namespaces.isThere(name) || !existsSync(hosts)) {
    throw new SetpointError(
      'NETWORK_FAILED',
      `Task ${ownerId}, whose network is to be shared, has none now.`,
      {
        hint: 'It is tried again once that task has been set up.',
      },
    )
  }
  writeFileSync(shared, '')
  const identity = identityOf(parts, ownerId)
  const leases = parts.leases.of(ownerId).map(({ lease }) => lease)
  const reachedAt = leases.flatMap(({ address, address6 }) => address ?? address6 ?? [])[0]
  return {
    netns: joinPath(NETNS_FOLDER, name),
    identity,
    ...(reachedAt && { reachedAt }),
    addresses: {},
    ports: [],
    resolvConf,
    hosts,
  }
}

/** The same for all who are in one namespace of a task, and for no other. */
export function identityOf(parts: Parts, taskId: string): string {
  return `${taskId} ${parts.namespaces.inodeOf(parts.place(taskId).name)}`
}

/** True when another task may still be in the namespace: then its links do not go with it. */
export function isShared({ paths }: Parts, taskId: string): boolean {
  return existsSync(taskFiles(paths, taskId).shared)
}
