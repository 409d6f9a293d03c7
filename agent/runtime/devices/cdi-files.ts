import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Devices } from '../../../schemas/device.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { absent } from '../../disk.ts'
import { unable } from '../abilities.ts'
import { type CdiNode, type CdiSpec, chosenEdits, hooksOf, mountOf } from './cdi.ts'
import { type DeviceEdits, nodeAt, type OciDevice, ruleFor } from './nodes.ts'

/** Later folders win (CDI specification §"CDI JSON Definition"). */
const FOLDERS = ['/etc/cdi', '/var/run/cdi']
const MAX_FILES = 100
const MAX_BYTES = 4 * 1024 * 1024

/**
 * What the CDI devices that a service asks for add to its container, by the descriptions on this host as they are now.
 * @throws SetpointError HOST_UNABLE for a device without description, or a description that cannot be read
 */
export async function editsFromCdi(devices: Devices, folders = FOLDERS): Promise<DeviceEdits> {
  const specs = (await Promise.all(folders.map(specsIn))).flat()
  const edits = chosenEdits(specs, devices)
  const nodes = await Promise.all(edits.flatMap(({ deviceNodes = [] }) => deviceNodes).map(nodeOf))
  return {
    nodes: nodes.map(({ node }) => node),
    rules: nodes.map(({ node, permissions }) => ruleFor(node, permissions)),
    env: edits.flatMap(({ env = [] }) => env),
    mounts: edits.flatMap(({ mounts = [] }) => mounts).map(mountOf),
    hooks: hooksOf(edits),
    groups: edits.flatMap(({ additionalGids = [] }) => additionalGids),
  }
}

async function specsIn(folder: string): Promise<CdiSpec[]> {
  const names = (await readdir(folder).catch(absent)) ?? []
  const files = names.filter((name) => /\.(json|ya?ml)$/.test(name)).sort()
  return Promise.all(files.slice(0, MAX_FILES).map((name) => readSpec(join(folder, name))))
}

async function readSpec(file: string): Promise<CdiSpec> {
  try {
    if ((await stat(file)).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`)
    return checked(await parse(file, await readFile(file, 'utf8')))
  } catch (cause) {
    throw unable(
      `the CDI description ${file} cannot be read: ${(cause as Error).message}`,
      'Correct it, or generate it again with the tool of the vendor.',
      cause,
    )
  }
}

async function parse(file: string, text: string): Promise<unknown> {
  if (file.endsWith('.json')) return JSON.parse(text)
  const { parse: parseYaml } = await import('yaml')
  return parseYaml(text, { maxAliasCount: 100 })
}

function checked(spec: unknown): CdiSpec {
  const { kind, devices } = (spec ?? {}) as Partial<CdiSpec>
  const isWhole =
    typeof kind === 'string' &&
    Array.isArray(devices) &&
    devices.every(({ name }) => typeof name === 'string')
  if (!isWhole) throw new Error('it has no `kind`, or no `devices` with names')
  return spec as CdiSpec
}

/** What a node leaves out is that of the host's device. */
async function nodeOf(node: CdiNode): Promise<{ node: OciDevice; permissions: string }> {
  const source = node.hostPath ?? node.path
  const found = await stat(source).catch(absent)
  const host = found && nodeAt(node.path, found)
  const type = node.type === 'u' ? 'c' : ((node.type || host?.type) as OciDevice['type'] | undefined)
  const [major, minor] = [node.major ?? host?.major, node.minor ?? host?.minor]
  if (type === undefined || major === undefined || minor === undefined) {
    throw new SetpointError(
      'HOST_UNABLE',
      `A CDI description names the device ${source}, which is not there.`,
      {
        hint: 'Load its driver, or generate the description again with the tool of the vendor.',
      },
    )
  }
  const { fileMode = host?.fileMode, uid = host?.uid, gid = host?.gid, permissions = 'rwm' } = node
  const owner = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) }
  return {
    node: { path: node.path, type, major, minor, ...(fileMode !== undefined && { fileMode }), ...owner },
    permissions,
  }
}
