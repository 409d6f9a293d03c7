import { setTimeout as pause } from 'node:timers/promises'
import { SetpointError } from '../../schemas/error.ts'
import type { StatusDocument } from '../../schemas/status.ts'
import { MAX_POLL } from '../api/limits.ts'
import type { Client } from './client/client.ts'
import { allReady, isHopeless } from './verdict.ts'

export interface WaitOptions {
  stack?: string | undefined
  /** Milliseconds. */
  patience: number
}

/** How long to pause before a controller that does not answer is asked again, in milliseconds. */
const RETRY = 250

/**
 * Has every source read, then waits until all is Ready, waiting cannot help any more or patience ends; gives the last
 * status.
 * A controller that is just starting is waited for too.
 * @throws SetpointError API_UNREACHABLE when no controller has answered in time; STACK_NOT_FOUND
 */
export async function waitForReady(
  client: Client,
  { stack, patience }: WaitOptions,
): Promise<StatusDocument> {
  const end = Date.now() + patience
  const remaining = () => Math.max(0, end - Date.now())
  await persist(() => client.sync(), remaining)
  let seen = await persist(() => client.status(stack), remaining)
  while (!isDecided(seen.document, stack) && remaining() > 0) {
    const watch = { stack, tag: seen.tag, timeout: Math.min(remaining(), MAX_POLL) }
    seen = await persist(() => client.changes(watch), remaining)
  }
  return seen.document
}

function isDecided(document: StatusDocument, stack: string | undefined): boolean {
  return isHopeless(document, stack) || allReady(document, stack)
}

/** Repeats what fails because the controller is not there, or leads not yet, for as long as there is time. */
async function persist<T>(act: () => Promise<T>, remaining: () => number): Promise<T> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!isPassing(error) || remaining() === 0) throw error
      await pause(Math.min(RETRY, remaining()))
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof SetpointError && /^(API_UNREACHABLE|NOT_LEADER|REDIS_UNREACHABLE)$/.test(error.code)
}
