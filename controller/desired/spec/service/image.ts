import { parseDuration } from '../../../../schemas/duration.ts'
import type { ImageSource } from '../../../../schemas/image.ts'
import { type Cursor, expected, fail, suggestion } from '../../cursor.ts'
import { quote } from '../../yaml/node.ts'
import { text } from '../values.ts'
import { failWord } from './process.ts'

/** When a container's image is looked for anew. */
export type PullPolicy = Pick<ImageSource, 'pull' | 'refresh'>

const DAY = 86_400_000
const POLICIES: Record<string, PullPolicy> = {
  always: { pull: 'always' },
  missing: { pull: 'missing' },
  if_not_present: { pull: 'missing' },
  never: { pull: 'never' },
  daily: { pull: 'missing', refresh: DAY },
  weekly: { pull: 'missing', refresh: 7 * DAY },
}
/** Registries count requests, and a look that finds nothing new is one. */
const SHORTEST_REFRESH = 60_000

/** Compose Specification §pull_policy. */
export function pullPolicy(cursor: Cursor): PullPolicy | undefined {
  const value = text(cursor)
  if (value === undefined) return undefined
  const policy = POLICIES[value]
  if (policy) return policy
  if (value.startsWith('every_')) return every(cursor, value.slice('every_'.length))
  if (value === 'build' || value === 'refresh') {
    return fail(cursor, `not honoured yet: ${value}; take always, missing, never or daily`)
  }
  const near = suggestion(cursor, value, Object.keys(POLICIES))
  return failWord(cursor, `must be always, missing, never, daily, weekly or every_12h, not ${quote(value)}`, {
    near,
  })
}

function every(cursor: Cursor, time: string): PullPolicy | undefined {
  const refresh = parseDuration(time)
  if (refresh === undefined) return expected(cursor, 'every_ and a time, as in every_12h')
  if (refresh < SHORTEST_REFRESH) return fail(cursor, `every_${time} is too often; take every_1m or more`)
  return { pull: 'missing', refresh }
}

/** Other words for a processor, as containerd takes them (platforms.Normalize). */
const ARCHITECTURES: Record<string, string> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  i386: '386',
}
const PLATFORM = /^(?:linux\/)?([a-z0-9_-]+)(?:\/(v\d+))?$/

/**
 * Compose Specification §platform, `os[/arch[/variant]]` or an architecture alone. Empty is the platform of the host.
 * Gives `linux/arch[/variant]` in OCI's words; `arm64/v8` is what `arm64` means.
 */
export function platform(cursor: Cursor): string | undefined {
  const value = text(cursor)?.toLowerCase()
  if (value === undefined || value === '') return undefined
  const [, name = '', variant] = PLATFORM.exec(value) ?? []
  if (name === '' || name === 'linux' || name === 'windows' || name === 'wasi') {
    return expected(cursor, 'a platform of Linux, as in linux/amd64')
  }
  const architecture = ARCHITECTURES[name] ?? name
  const isUsual = architecture === 'arm64' && variant === 'v8'
  return `linux/${architecture}${variant === undefined || isUsual ? '' : `/${variant}`}`
}
