import { messageOf, SetpointError } from '../../schemas/error.ts'
import type { Channel } from '../../schemas/session/channel.ts'
import type { CopyRequest } from '../../schemas/session/request.ts'
import { holdRoot } from './confined.ts'
import { copyIn } from './copy-in.ts'
import { copyOut } from './copy-out.ts'
import { type Reach, reachTask } from './reach.ts'

/**
 * Copies files out of a task's container, or into it, as its processes see them: volumes, mounts and all. The image needs
 * no tar. Nothing that the container does with links or names leads outside of its root.
 * @throws SetpointError TASK_NOT_FOUND, COPY_FAILED
 */
export async function copy(request: CopyRequest, channel: Channel, reach: Reach): Promise<void> {
  const { pid } = await reachTask(reach, request.taskId)
  if (!request.path.startsWith('/')) throw relative(request.path)
  const root = await holdRoot(pid)
  try {
    await (request.direction === 'out' ? copyOut : copyIn)({ request, channel, root, pid })
  } catch (error) {
    throw error instanceof SetpointError ? error : failed(request, error)
  } finally {
    await root.close()
  }
}

function relative(path: string): SetpointError {
  return new SetpointError('COPY_FAILED', `${path} is no absolute path.`, {
    hint: 'Write it from the root of the container on: shop/web:/srv/file.',
  })
}

const WHY: Record<string, string> = {
  EROFS: 'it is mounted read-only in the container',
  ENOSPC: 'there is no room left',
  EDQUOT: 'there is no room left',
  EISDIR: 'there is a folder of that name',
  ENOTDIR: 'there is a file where a folder is needed',
  ENOTEMPTY: 'there is a folder of that name',
  ENOENT: 'there is no such file',
  EBUSY: 'something is mounted there',
}

function failed({ path, direction }: CopyRequest, cause: unknown): SetpointError {
  const why =
    WHY[(cause as NodeJS.ErrnoException).code ?? ''] ??
    messageOf(cause).replace(/'\/proc\/self\/fd\/[^']*'/, '')
  const what =
    direction === 'out' ? `${path} cannot be copied out of the container` : `Nothing can be copied to ${path}`
  return new SetpointError('COPY_FAILED', `${what}: ${why.trim()}.`, { cause })
}
