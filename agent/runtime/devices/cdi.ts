import type { DeviceRequest, Devices } from '../../../schemas/device.ts'
import { unable } from '../abilities.ts'
import type { OciMount } from '../mounts/mounts.ts'

/** Container Device Interface, specification 0.8 §containerEdits: what a device adds to an OCI config. */
export interface CdiEdits {
  env?: string[]
  deviceNodes?: CdiNode[]
  mounts?: { hostPath: string; containerPath: string; type?: string; options?: string[] }[]
  hooks?: { hookName: string; path: string; args?: string[]; env?: string[]; timeout?: number }[]
  additionalGids?: number[]
}

export interface CdiNode {
  path: string
  hostPath?: string
  type?: string
  major?: number
  minor?: number
  fileMode?: number
  permissions?: string
  uid?: number
  gid?: number
}

/** One description: the devices of one kind. */
export interface CdiSpec {
  /** `nvidia.com/gpu` */
  kind: string
  devices: { name: string; containerEdits?: CdiEdits }[]
  containerEdits?: CdiEdits
}

export type CdiHooks = Record<string, Omit<NonNullable<CdiEdits['hooks']>[number], 'hookName'>[]>

/**
 * The edits of all devices that a service asks for: each description's own once, then those of the devices.
 * @throws SetpointError HOST_UNABLE naming what no description has, and how to make one
 */
export function chosenEdits(specs: CdiSpec[], { names = [], requests = [] }: Devices): CdiEdits[] {
  const wanted = new Set([...names, ...requests.flatMap((request) => namesFor(request, specs))])
  const used = new Set<CdiSpec>()
  const edits = [...wanted].map((name) => {
    const found = find(name, specs)
    if (!found) throw missing(name, specs)
    used.add(found.spec)
    return found.device.containerEdits
  })
  return [...[...used].map(({ containerEdits }) => containerEdits), ...edits].filter(
    (one) => one !== undefined,
  )
}

/** The description of a device. The last one counts: they come in the order of their folders. */
function find(name: string, specs: CdiSpec[]) {
  const [kind, device] = name.split('=')
  const found = specs.flatMap((spec) =>
    spec.kind === kind
      ? spec.devices.filter((one) => one.name === device).map((one) => ({ spec, device: one }))
      : [],
  )
  return found.at(-1)
}

/** What the driver does for its devices, and no kind of device (NVIDIA_DRIVER_CAPABILITIES). */
const ABILITIES = ['nvidia', 'compute', 'compat32', 'graphics', 'utility', 'video', 'display', 'ngx']

/** A request as names: `driver: cdi` names devices in full; else its driver and capability tell the kind. */
function namesFor(request: DeviceRequest, specs: CdiSpec[]): string[] {
  const { driver, ids, count = -1 } = request
  if (driver === 'cdi') return ids ?? []
  const kind = kindFor(request, specs)
  if (ids) return ids.map((id) => (id.includes('=') ? id : `${kind}=${id}`))
  const there = specs
    .filter((spec) => spec.kind === kind)
    .flatMap(({ devices }) => devices.map(({ name }) => name))
  if (count === -1 && there.includes('all')) return [`${kind}=all`]
  const single = countable(there)
  if (count > single.length) {
    throw unable(
      `${count} devices of ${kind} are asked for, this host has ${single.length}`,
      'Ask for fewer, or for `count: all`.',
    )
  }
  if (single.length === 0) throw missing(`${kind}=all`, specs)
  return single.slice(0, count === -1 ? undefined : count).map((name) => `${kind}=${name}`)
}

function kindFor({ driver, capabilities }: DeviceRequest, specs: CdiSpec[]): string {
  const classes = capabilities.filter((name) => !ABILITIES.includes(name))
  const wanted = classes[0] ?? 'gpu'
  const kinds = [...new Set(specs.map(({ kind }) => kind))].filter((kind) => kind.endsWith(`/${wanted}`))
  const [first] = driver === undefined ? kinds : kinds.filter((kind) => kind.startsWith(`${driver}.`))
  return first ?? `${driver ?? 'nvidia'}.com/${wanted}`
}

/** Vendors describe a device under several names: by its number, its id, and `all` of them. */
function countable(names: string[]): string[] {
  const numbers = names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b))
  return numbers.length > 0
    ? [...new Set(numbers)]
    : [...new Set(names.filter((name) => name !== 'all'))].sort()
}

function missing(name: string, specs: CdiSpec[]): Error {
  const known = specs.flatMap(({ kind, devices }) => devices.map((device) => `${kind}=${device.name}`))
  const there = known.length === 0 ? 'none is' : `there are ${known.slice(0, 20).join(', ')}`
  return unable(
    `no device ${name} is described on this host (in /etc/cdi and /var/run/cdi ${there})`,
    name.startsWith('nvidia.com/')
      ? 'Describe the GPUs: `nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`.'
      : `Write a description of ${name.split('=')[0]} to /etc/cdi (Container Device Interface), or let its vendor's tool do so.`,
  )
}

export function mountOf({
  hostPath,
  containerPath,
  type = 'bind',
  options = [],
}: NonNullable<CdiEdits['mounts']>[number]): OciMount {
  const bind =
    type === 'bind' && !options.some((option) => option === 'bind' || option === 'rbind') ? ['rbind'] : []
  return { destination: containerPath, type, source: hostPath, options: [...bind, ...options] }
}

/** runtime-spec §hooks, by the name of the moment. */
export function hooksOf(edits: CdiEdits[]): CdiHooks {
  const hooks: CdiHooks = {}
  for (const { hookName, ...hook } of edits.flatMap((one) => one.hooks ?? [])) {
    hooks[hookName] = [...(hooks[hookName] ?? []), hook]
  }
  return hooks
}
