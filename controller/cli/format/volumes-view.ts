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
  /** Sources that nobody has read yet. */
  unread: string[]
}

const LONGEST = 60

/** A table of volumes; with sizes also what could not be measured. */
export function volumesView(volumes: VolumeStatus[], options: VolumesViewOptions): string[] {
  const { paint, now, size, unread } = options
  const rows = volumes.map((volume): Cell[] => [
    volume.anonymous ? `(none) ${volume.target}` : volume.name,
    volume.host,
    volume.stack ?? '',
    driverOf(volume),
    ...(size ? [sizeOf(volume)] : []),
    usedBy(volume, now),
    volume.anonymous ? '' : declared(volume, unread),
    `${age(volume.createdAt, now)} ago`,
    labelsOf(volume),
  ])
  const sizeHead = size ? ['SIZE'] : []
  const head = ['VOLUME', 'HOST', 'STACK', 'DRIVER', ...sizeHead, 'USED BY', 'DECLARED', 'MADE', 'LABELS']
  const notes = [
    ...(size && volumes.some(isLate) ? ['?: could not be measured in time.'] : []),
    ...(rows.some((cells) => cells.includes(UNKNOWN)) ? [whyUnknown(unread)] : []),
  ]
  return [...table(head, rows, paint), ...(notes.length > 0 ? ['', ...notes] : [])]
}

function driverOf({ driver, options, external }: VolumeStatus): string {
  const more = [options?.type, external ? 'external' : undefined].filter((one) => one !== undefined)
  return more.length === 0 ? driver : `${driver} (${more.join(', ')})`
}

function isLate({ size, options }: VolumeStatus): boolean {
  return size === null && options === null
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

const UNKNOWN = 'unknown'

function declared({ declaredBy }: VolumeStatus, unread: string[]): string {
  if (declaredBy.length > 0) return declaredBy.join(', ')
  return unread.length > 0 ? UNKNOWN : 'no'
}

function whyUnknown(unread: string[]): string {
  return `${UNKNOWN}: ${unread.join(', ')} was not read since the controller started; \`setpoint status\` tells why.`
}

function labelsOf({ labels }: VolumeStatus): string {
  const pairs = Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`))
  return clip(pairs.join(', '), LONGEST)
}
