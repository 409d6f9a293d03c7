import { SetpointError } from '../../schemas/error.ts'

/** A mount that cannot be had, with what to do about it. */
export function mountFailure(message: string, options: { hint?: string; cause?: unknown } = {}) {
  return new SetpointError('MOUNT_FAILED', message, options)
}
