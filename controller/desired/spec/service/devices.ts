import type { DeviceMapping, DeviceRequest, Devices } from '../../../../schemas/device.ts'
import { type Cursor, entriesOf, fail, fields, itemsOf, notice } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { sortBy } from '../../order.ts'
import { quote } from '../../yaml/node.ts'
import { textMap } from '../mappings.ts'
import type { ServiceDraft } from '../service.ts'
import { containerPath, filled, hostDevice, integer, listOf, text } from '../values.ts'

/** The readers of the keys that give a container devices. */
export const deviceKeys = {
  devices: listOf(device),
  device_cgroup_rules: listOf(rule),
  gpus: (cursor: Cursor) => requests(cursor, ['gpu']),
}

/** A name of the Container Device Interface, `vendor.com/class=name` (CDI specification §kind and §name). */
const CDI_NAME = /^[a-zA-Z][\w.-]*\/[a-zA-Z][\w-]*=[\w.:-]+$/

/** Compose Specification §devices: a path of the host, or a name of CDI. */
function device(cursor: Cursor): DeviceMapping | string | undefined {
  const source = fields(cursor, { source: text }).source
  if (source !== undefined && CDI_NAME.test(source)) return source
  const read = fields(cursor, { source: hostDevice, target: containerPath, permissions })
  if (read.source === undefined || read.target === undefined) return undefined
  return { source: read.source, target: read.target, permissions: read.permissions ?? 'rwm' }
}

function permissions(cursor: Cursor): string | undefined {
  const value = filled(cursor)
  if (value === undefined || /^(?!.*(.).*\1)[rwm]{1,3}$/.test(value)) return value
  return fail(cursor, `${quote(value)} are no permissions: r to read, w to write, m to make device files`)
}

/** Compose Specification §device_cgroup_rules, as the kernel writes them (cgroup-v1/devices.rst). */
function rule(cursor: Cursor): string | undefined {
  const value = filled(cursor)?.trim()
  if (value === undefined) return undefined
  if (/^[abc] (\d{1,7}|\*):(\d{1,7}|\*) [rwm]{1,3}$/.test(value)) return value
  return fail(cursor, `${quote(value)} is no rule: kind, numbers and permissions, as in "c 188:* rwm"`)
}

/** Compose Deploy Specification §devices, and §gpus. @param usual what is meant where no capability is named */
export function requests(cursor: Cursor, usual: string[] = []): DeviceRequest[] | undefined {
  return itemsOf(cursor)?.flatMap((item) => {
    const read = fields(item, {
      capabilities: listOf(filled),
      driver: filled,
      count: integer(-1),
      device_ids: listOf(filled),
      options,
    })
    const capabilities = read.capabilities?.length ? read.capabilities : usual
    const count = read.device_ids ? undefined : (read.count ?? -1)
    return [{ capabilities, ...defined({ driver: read.driver, count, ids: read.device_ids }) }]
  })
}

/** Docker hands them to a driver; with CDI nobody reads them. */
function options(cursor: Cursor): Record<string, string> | undefined {
  if ((entriesOf(cursor) ?? []).length > 0)
    notice(cursor, 'accepted without effect: a CDI device takes no options')
  return textMap(cursor)
}

/** The devices of a service; undefined when the file names none. */
export function devicesOf(service: ServiceDraft): Devices | undefined {
  const { devices = [], gpus = [], device_cgroup_rules: rules = [], deploy } = service
  const nodes = devices.filter((one) => typeof one !== 'string')
  const names = devices.filter((one) => typeof one === 'string')
  const asked = [...gpus, ...(deploy?.devices ?? [])]
  const found: Devices = {
    ...(nodes.length > 0 && { nodes: sortBy(nodes, ({ target }) => target) }),
    ...(names.length > 0 && { names: [...new Set(names)].sort() }),
    ...(asked.length > 0 && { requests: asked }),
    ...(rules.length > 0 && { rules: [...new Set(rules)].sort() }),
  }
  return Object.keys(found).length > 0 ? found : undefined
}
