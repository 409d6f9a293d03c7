import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceMapping, Devices } from '../../../schemas/device.ts'
import { unable } from '../abilities.ts'
import {
  type DeviceEdits,
  NO_EDITS,
  nodeAt,
  type OciDevice,
  type OciDeviceRule,
  parseRule,
  ruleFor,
} from './nodes.ts'

/** Nothing but the runtime's own list of harmless devices (null, zero, full, random, urandom, tty, ptmx, pts). */
const NOTHING: OciDeviceRule = { allow: false, access: 'rwm' }
const EVERYTHING: OciDeviceRule = { allow: true, access: 'rwm' }

/** Devices that a service names, looked up on this host. @throws SetpointError HOST_UNABLE for one that is not there */
export async function devicesOn(devices: Devices | undefined, privileged = false): Promise<DeviceEdits> {
  const mapped = await Promise.all((devices?.nodes ?? []).map((mapping) => mappedNodes(mapping)))
  const named = mapped.flat()
  const nodes = privileged
    ? [...(await hostDevices()), ...named.map(({ node }) => node)]
    : named.map(({ node }) => node)
  const asked = await askedByCdi(devices)
  return {
    ...asked,
    nodes: distinct([...nodes, ...asked.nodes]),
    rules: [
      NOTHING,
      ...named.map(({ node, permissions }) => ruleFor(node, permissions)),
      ...asked.rules,
      ...(devices?.rules ?? []).map(parseRule),
      ...(privileged ? [EVERYTHING] : []),
    ],
  }
}

async function askedByCdi(devices: Devices | undefined): Promise<DeviceEdits> {
  if (!devices?.names && !devices?.requests) return NO_EDITS
  const { editsFromCdi } = await import('./cdi-files.ts')
  return editsFromCdi(devices)
}

/** The device at a path, or all devices below a folder, as Docker takes `/dev/snd`. */
async function mappedNodes({ source, target, permissions }: DeviceMapping) {
  const found = await stat(source).catch((cause) => {
    throw unable(
      `the device ${source} is not there on this host`,
      'Plug it in or load its driver, or name another under `devices`.',
      cause,
    )
  })
  const nodes = found.isDirectory() ? await nodesBelow(source, target) : [nodeAt(target, found)]
  const real = nodes.filter((node) => node !== undefined)
  if (real.length > 0) return real.map((node) => ({ node, permissions }))
  throw unable(
    `${source} is no device of this host`,
    'Mount a file or folder that is no device under `volumes`.',
  )
}

async function nodesBelow(
  folder: string,
  target: string,
  skipped: string[] = [],
): Promise<(OciDevice | undefined)[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = entries
    .filter(({ name }) => !skipped.includes(name))
    .map(async (entry) => {
      const [from, to] = [join(folder, entry.name), join(target, entry.name)]
      if (entry.isDirectory()) return nodesBelow(from, to)
      if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return []
      return [nodeAt(to, await stat(from))]
    })
  return (await Promise.all(found)).flat()
}

/** moby `devices.HostDevices`: all but what each container has of its own. */
const OWN = ['pts', 'shm', 'fd', 'mqueue', 'console', '.lxc', '.lxd-mounts', '.udev']
const HARMLESS = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx']

async function hostDevices(): Promise<OciDevice[]> {
  return (await nodesBelow('/dev', '/dev', [...OWN, ...HARMLESS])).filter((node) => node !== undefined)
}

/** The devices without repetition: where two have the same path, the later one counts. */
function distinct(nodes: OciDevice[]): OciDevice[] {
  return [...new Map(nodes.map((node) => [node.path, node])).values()]
}
