import { mkdir } from 'node:fs/promises'
import { makeFolder } from '../../schemas/common/folders.ts'
import type { SetpointError } from '../../schemas/error.ts'
import type { Mount } from '../../schemas/volume.ts'
import { mountOf, readMounts } from '../mountinfo.ts'
import { type HostPath, lookAt } from '../runtime/look.ts'
import { mountFailure } from './failure.ts'

type Tied = Pick<Mount, 'source'> & { propagation: NonNullable<Mount['propagation']> }

/**
 * What the source of a bind mount is on this host, made where it may be made.
 * @throws SetpointError MOUNT_FAILED when it is missing or does not answer, or cannot be tied to the container as asked
 */
export async function hostPath(mount: Mount): Promise<HostPath> {
  const { source, target, propagation } = mount
  if (!source.startsWith('/')) {
    throw mountFailure(`The source of the mount at ${target} is no absolute path: ${source}.`)
  }
  const found = (await lookAt(source)) ?? (await make(mount))
  if (propagation !== undefined) await checkPropagation({ ...mount, propagation }, found)
  return found
}

async function make(mount: Mount): Promise<HostPath> {
  const { source, target, createHostPath } = mount
  if (!createHostPath) throw missing(mount)
  await makeFolder(source, mkdir).catch((cause) => {
    throw mountFailure(`${source}, to be mounted at ${target}, cannot be made: ${cause.message}`, { cause })
  })
  const made = await lookAt(source)
  if (made === undefined) throw missing(mount)
  return made
}

/** Refuses, as Docker does, to tie a mount to one that is private (mount_namespaces(7)). */
async function checkPropagation({ source, propagation }: Tied, { real }: HostPath): Promise<void> {
  const mount = mountOf(real, await readMounts())
  const isTied = propagation.endsWith('shared') ? mount?.shared : mount?.shared || mount?.slave
  if (propagation === 'private' || isTied) return
  throw mountFailure(
    `${source} cannot be mounted with propagation ${propagation}: ${mount?.target} is private.`,
    {
      hint: `Make it shared on the host, \`mount --make-shared ${mount?.target}\`, or take the propagation away.`,
    },
  )
}

function missing({ source, target }: Mount): SetpointError {
  return mountFailure(`${source}, to be mounted at ${target}, is not on this host.`, {
    hint: `Make it with \`mkdir -p ${source}\`, or set bind.create_host_path: true.`,
  })
}
