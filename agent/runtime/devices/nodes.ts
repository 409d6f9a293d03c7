import type { Stats } from 'node:fs'
import { deviceNumber } from '../cgroup/block-devices.ts'
import type { OciMount } from '../mounts/mounts.ts'
import type { CdiHooks } from './cdi.ts'

/** runtime-spec §linux.devices. */
export interface OciDevice {
  path: string
  type: 'c' | 'b' | 'p'
  major: number
  minor: number
  fileMode?: number
  uid?: number
  gid?: number
}

/** runtime-spec §linux.resources.devices; without numbers every one. */
export interface OciDeviceRule {
  allow: boolean
  type?: string
  major?: number
  minor?: number
  access: string
}

/** What devices add to a container. */
export interface DeviceEdits {
  nodes: OciDevice[]
  rules: OciDeviceRule[]
  env: string[]
  mounts: OciMount[]
  hooks: CdiHooks
  groups: number[]
}

export const NO_EDITS: DeviceEdits = { nodes: [], rules: [], env: [], mounts: [], hooks: {}, groups: [] }

/** A device file as the runtime makes it in the container; undefined when it is none. */
export function nodeAt(path: string, found: Stats): OciDevice | undefined {
  const type = found.isCharacterDevice() ? 'c' : found.isBlockDevice() ? 'b' : undefined
  if (type === undefined) return undefined
  const { uid, gid, mode } = found
  return { path, type, ...deviceNumber(found.rdev), fileMode: mode & 0o777, uid, gid }
}

export function ruleFor({ type, major, minor }: OciDevice, access: string): OciDeviceRule {
  return { allow: true, type, major, minor, access }
}

/** `c 188:* rwm` */
export function parseRule(line: string): OciDeviceRule {
  const [type = 'a', numbers = '*:*', access = 'rwm'] = line.split(' ')
  const [major = '*', minor = '*'] = numbers.split(':')
  return {
    allow: true,
    ...(type !== 'a' && { type }),
    ...(major !== '*' && { major: Number(major) }),
    ...(minor !== '*' && { minor: Number(minor) }),
    access,
  }
}
