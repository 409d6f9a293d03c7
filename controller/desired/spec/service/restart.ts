import type { RestartPolicy } from '../../../../schemas/restart.ts'
import { type Cursor, expected, fields } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { duration, integer, oneOf } from '../values.ts'

/** Compose Specification §restart to Swarm's conditions, as `docker stack deploy` maps them. */
export function restart(cursor: Cursor): RestartPolicy | undefined {
  const { node } = cursor
  const value = node.kind === 'scalar' ? node.text : ''
  if (value === 'no' || value === 'false') return { condition: 'none' }
  if (value === 'always' || value === 'unless-stopped') return { condition: 'any' }
  const match = /^on-failure(?::(\d{1,6}))?$/.exec(value)
  if (!match) return expected(cursor, '"no", always, unless-stopped or on-failure[:attempts]')
  const attempts = Number(match[1] ?? 0)
  return { condition: 'on-failure', ...defined({ maxAttempts: attempts || undefined }) }
}

/** Compose Deploy Specification §restart_policy; without a delay the agent backs off by itself. */
export function restartPolicy(cursor: Cursor): RestartPolicy {
  const read = fields(cursor, {
    condition: oneOf('none', 'on-failure', 'any'),
    delay: duration,
    max_attempts: integer(0),
    window: duration,
  })
  return {
    condition: read.condition ?? 'any',
    ...defined({
      delay: read.delay,
      maxAttempts: read.max_attempts || undefined,
      window: read.window || undefined,
    }),
  }
}
