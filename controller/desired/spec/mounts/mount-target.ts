import { type Cursor, fail } from '../../cursor.ts'
import { checkContainerPath, text } from '../values.ts'

/** The path in the container that a mount covers. */
export function mountTarget(at: Cursor): string | undefined {
  const value = text(at)
  return value === undefined ? undefined : checkTarget(at, value)
}

/** A path in the container that a mount may cover. The runtime fills `/dev`, `/proc` and `/sys` itself. */
export function checkTarget(at: Cursor, value: string): string | undefined {
  const target = checkContainerPath(at, value)
  if (target === '/') return fail(at, 'a mount on / would hide the image; name a folder below it')
  if (target === undefined || !/^\/(dev|proc|sys)(\/|$)/.test(target)) return target
  if (/^\/dev\/shm(\/|$)/.test(target)) return target
  return fail(
    at,
    `not honoured yet: a mount on ${target}; of /dev, /proc and /sys only /dev/shm may be mounted`,
  )
}
