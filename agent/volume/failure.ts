import { SetpointError } from '../../schemas/error.ts'

/** A mount that cannot be had, with what to do about it. */
export function mountFailure(message: string, options: { hint?: string; cause?: unknown } = {}) {
  return new SetpointError('MOUNT_FAILED', message, options)
}

/** For `catch`: undefined when there is no such path. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) throw error
}
