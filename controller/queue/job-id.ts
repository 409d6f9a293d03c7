import { type Action, actionKey } from '../../schemas/action.ts'
import { digest } from '../../schemas/canonical.ts'

const SAFE = /^[A-Za-z][A-Za-z0-9._-]{0,150}$/

/**
 * The BullMQ id of the job for an action: the same for the same action, so that it is not queued twice. BullMQ
 * refuses `:` and integers and builds Redis keys from it, so a key that is not plain is replaced by its digest.
 */
export function jobId(action: Action): string {
  const key = actionKey(action)
  return SAFE.test(key) ? key : `${action.type}-${digest(key, 40)}`
}

/** The stack that an action works for; undefined for one that works for none. */
export function stackOf(action: Action): string | undefined {
  if ('task' in action) return action.task.stack
  return 'stack' in action ? action.stack : undefined
}
