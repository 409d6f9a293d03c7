import { type Cursor, fail, within } from '../../cursor.ts'
import { isOfIpc } from '../service/sysctls.ts'
import type { ServiceDraft } from '../service.ts'

const KEYS = ['network_mode', 'pid', 'ipc'] as const
type Key = (typeof KEYS)[number]

/** What a service that joins namespaces of another one cannot have, and that the other has them to share. */
export function checkShared(service: ServiceDraft, byName: Map<string, ServiceDraft>): void {
  const shared = KEYS.filter((key) => ownerIn(service, key) !== undefined)
  const [first] = shared
  if (first === undefined) return
  for (const key of shared) {
    const owner = byName.get(ownerIn(service, key) ?? '')
    const at = within(service.at, key)
    if (ownerIn(service, key) !== ownerIn(service, first)) {
      fail(at, `is of another service than ${first}, and a task runs beside one; name the same`)
    } else if (owner && key !== 'network_mode') checkOwner(at, { service, owner, key })
  }
  if (typeof service.ipc === 'object') checkIpc(service, service.ipc.service)
}

function ownerIn(service: ServiceDraft, key: Key): string | undefined {
  const value = service[key]
  return typeof value === 'object' ? value.service : undefined
}

interface Pair {
  service: ServiceDraft
  owner: ServiceDraft
  key: 'pid' | 'ipc'
}

function checkOwner(at: Cursor, { service, owner, key }: Pair): undefined {
  const { name } = owner
  const other = KEYS.find((one) => ownerIn(owner, one) !== undefined)
  if (other) return fail(at, `${name} itself joins another service by ${other}; name that service`)
  if (owner[key] === 'host') return fail(at, `${name} is in that of the host; write ${key}: host`)
  if (key === 'ipc' && owner.ipc !== 'shareable')
    return fail(at, `${name} keeps it to itself; write ipc: shareable there`)
  const isGlobal = (one: ServiceDraft) => one.deploy?.mode === 'global'
  if (isGlobal(service) !== isGlobal(owner))
    return fail(at, `each task joins one of ${name}; make both services global, or none`)
  const count = ({ deploy, scale }: ServiceDraft) => deploy?.replicas ?? scale ?? 1
  if (isGlobal(service) || count(service) <= count(owner)) return undefined
  return fail(at, `has ${count(service)} tasks, but ${name} only ${count(owner)}; give it as many replicas`)
}

function checkIpc({ at, sysctls = {}, shm_size: size }: ServiceDraft, owner: string): void {
  if (size !== undefined)
    fail(within(at, 'shm_size'), `is that of ${owner}, whose ipc is joined; write it there`)
  const name = Object.keys(sysctls).find(isOfIpc)
  if (name) fail(within(at, 'sysctls', name), `is of the ipc of ${owner}; write it there`)
}
