import type { HostStatus } from '../../../schemas/status.ts'
import type { Paint, Tone } from './paint.ts'
import { type Cell, table } from './table.ts'
import { age, bytes } from './words.ts'

const TONES: Record<HostStatus['state'], Tone> = { ready: 'good', stale: 'warn', lost: 'bad' }

export function hostsView(hosts: HostStatus[], paint: Paint, now: Date): string[] {
  if (hosts.length === 0) return ['No agent has reported yet.']
  const rows = hosts.map((host): Cell[] => [
    host.name,
    { text: host.state, tone: TONES[host.state] },
    host.availability,
    host.resources.cpus,
    bytes(host.resources.memory),
    host.runtime,
    `${age(host.seen, now)} ago`,
    Object.entries(host.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(', '),
    keyCell(host.key),
  ])
  const head = ['HOST', 'STATE', 'AVAILABILITY', 'CPUS', 'MEMORY', 'RUNTIME', 'SEEN', 'LABELS', 'KEY']
  return [...table(head, rows, paint), ...hosts.flatMap(keyNote)]
}

function keyCell({ state, recipient }: HostStatus['key']): Cell {
  if (state === 'changed') return { text: 'CHANGED', tone: 'bad' }
  return recipient ?? 'none'
}

function keyNote({ name, key }: HostStatus): string[] {
  if (key.reported === null || key.state === 'pinned') return []
  const why = key.recipient === null ? 'which nobody has trusted' : `and ${key.recipient} is pinned`
  return [
    `${name} reports the key ${key.reported}, ${why}. Nothing is sealed to it until:`,
    `  setpoint hosts trust ${name} ${key.reported}`,
  ]
}
