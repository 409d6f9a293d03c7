import { slotName } from '../../../schemas/slot.ts'
import type { VolumeStatus } from '../../../schemas/status.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'
import { age, bytes, clip } from './words.ts'

export interface VolumesViewOptions {
  paint: Paint
  now: Date
  /** They were measured. */
  size: boolean
}

const LONGEST = 60

/** A table of volumes; with sizes also what could not be measured. */
export function volumesView(volumes: VolumeStatus[], { paint, now, size }: VolumesViewOptions): string[] {
  const rows = volumes.map((volume): Cell[] => [
    volume.anonymous ? `(none) ${volume.target}` : volume.name,
    volume.host,
    volume.stack ?? '',
    driverOf(volume),
    ...(size ? [sizeOf(volume)] : []),
    usedBy(volume, now),
    volume.anonymous ? '' : declared(volume),
    `${age(volume.createdAt, now)} ago`,
    labelsOf(volume),
  ])
  const sizeHead = size ? ['SIZE'] : []
  const head = ['VOLUME', 'HOST', 'STACK', 'DRIVER', ...sizeHead, 'USED BY', 'DECLARED', 'MADE', 'LABELS']
  const late = size && volumes.some(({ size: bytes, options }) => bytes === null && options === null)
  return [...table(head, rows, paint), ...(late ? ['', '?: could not be measured in time.'] : [])]
}

function driverOf({ driver, options, external }: VolumeStatus): string {
  const more = [options?.type, external ? 'external' : undefined].filter((one) => one !== undefined)
  return more.length === 0 ? driver : `${driver} (${more.join(', ')})`
}

/** What is on a device is not measured. */
function sizeOf({ size, options }: VolumeStatus): string {
  if (size !== null) return bytes(size)
  return options === null ? '?' : ''
}

function usedBy({ usedBy, unusedSince }: VolumeStatus, now: Date): Cell {
  if (usedBy.length > 0) {
    const tasks = usedBy.map(slotName)
    return clip(tasks.join(', '), LONGEST)
  }
  const since = unusedSince === null ? '' : ` for ${age(unusedSince, now)}`
  return { text: `nobody${since}`, tone: 'warn' }
}

function declared({ declaredBy }: VolumeStatus): string {
  return declaredBy.length === 0 ? 'no' : declaredBy.join(', ')
}

function labelsOf({ labels }: VolumeStatus): string {
  const pairs = Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`))
  return clip(pairs.join(', '), LONGEST)
}
