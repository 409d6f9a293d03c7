import type { Observed } from '../../schemas/fleet.ts'
import type { StackRecord } from '../../schemas/record.ts'
import type { DriftedField, DriftItem } from '../../schemas/status.ts'
import { driftOf } from '../plan/drift.ts'
import { driftKey } from './conditions.ts'

/** Every drifted field of a stack with since when it is so and what is done about it. */
export function driftItems(record: StackRecord, observed: Observed, now: Date): DriftItem[] {
  const handling = (record.healthy ?? record.accepted)?.spec.drift ?? 'report'
  return driftOf(record.name, observed).map(({ isUnhealed, ...drift }: DriftedField) => ({
    stack: record.name,
    ...drift,
    since: record.since[driftKey(drift)] ?? now.toISOString(),
    handling: isUnhealed ? 'unhealed' : handling,
  }))
}

/** The containers that carry Setpoint's label and that no stack has asked for: told, and left to a person (law 9). */
export function strayItems(records: StackRecord[], observed: Observed): DriftItem[] {
  const claimed = new Set(records.flatMap(({ inventory }) => inventory.map((item) => item.taskId)))
  return [...observed.values()].flatMap(({ info, strays }) =>
    strays.map(({ containerId, pid, since }) => ({
      stack: '',
      service: '',
      taskId: containerId,
      host: info.name,
      field: 'container',
      wanted: 'none',
      found: pid === 0 ? 'stopped' : `running, pid ${pid}`,
      since,
      handling: claimed.has(containerId) ? ('heal' as const) : ('report' as const),
    })),
  )
}
