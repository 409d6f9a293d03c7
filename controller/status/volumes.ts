import type { HostVolume } from '../../schemas/session/volumes.ts'
import type { VolumeStatus } from '../../schemas/status.ts'
import { type Claims, claimants } from '../plan/volumes.ts'

/** What a host tells of its volumes. */
export interface VolumesOfHost {
  host: string
  volumes: HostVolume[]
}

/** The volumes of the fleet by name, those without one last, with the stacks that want them where they are. */
export function volumeStatuses(hosts: VolumesOfHost[], claims: Claims): VolumeStatus[] {
  return hosts
    .flatMap(({ host, volumes }) => volumes.map((volume) => volumeStatus(volume, host, claims)))
    .sort(byName)
}

/** True when a stack uses the volume, wants it or was the last to use it. */
export function isOfStack({ stack, declaredBy, usedBy }: VolumeStatus, name: string): boolean {
  return stack === name || declaredBy.includes(name) || usedBy.some((user) => user.stack === name)
}

/** True for what may be removed: Setpoint has made it, no task uses it and no stack wants it there. */
export function isUnused({ external, anonymous, declaredBy, usedBy }: VolumeStatus): boolean {
  return !external && !anonymous && declaredBy.length === 0 && usedBy.length === 0
}

function volumeStatus(volume: HostVolume, host: string, claims: Claims): VolumeStatus {
  const { name, path, labels, createdAt, external, usedBy } = volume
  const declaredBy = name === '' ? [] : claimants(claims, { name, host, stack: volume.stack })
  return {
    name,
    host,
    stack: volume.stack ?? declaredBy[0] ?? null,
    driver: 'local',
    options: volume.driverOpts ?? null,
    labels,
    path,
    createdAt,
    external,
    anonymous: name === '',
    target: volume.target ?? null,
    declaredBy,
    usedBy,
    unusedSince: volume.unusedSince ?? null,
    size: volume.size ?? null,
  }
}

function byName(a: VolumeStatus, b: VolumeStatus): number {
  return Number(a.anonymous) - Number(b.anonymous) || keyOf(a).localeCompare(keyOf(b), 'en')
}

function keyOf({ name, host, usedBy, target }: VolumeStatus): string {
  return name === '' ? `${usedBy[0]?.taskId} ${target}` : `${name} ${host}`
}
