import { digest } from '../../schemas/canonical.ts'
import type { ServiceSpec } from '../../schemas/stack.ts'
import type { Task } from '../../schemas/task.ts'
import type { Target } from './plan.ts'

/** How a slot is named: by its number, or for a global service by its host. */
export function slotKey(mode: ServiceSpec['mode'], at: { slot: number; host: string }): string {
  return mode === 'global' ? at.host : String(at.slot)
}

interface NewTask {
  target: Target
  service: ServiceSpec
  slot: string
  host: string
  /** The tasks seen in the slot: a task that follows others is another task, even with the same spec as an earlier one. */
  predecessors: string[]
}

/** The task for a slot. Its id is derived from all that makes it what it is, so planning twice gives one task. */
export function newTask({ target, service, slot, host, predecessors }: NewTask): Task {
  const number = service.mode === 'global' ? 1 : Number(slot)
  const identity = [target.stack, service.name, slot, service.fingerprint, [...predecessors].sort()]
  return {
    id: `${short(target.stack)}-${short(service.name)}-${number}-${digest(identity, 10)}`,
    stack: target.stack,
    service: service.name,
    slot: number,
    host,
    revision: target.revision,
    fingerprint: service.fingerprint,
    container: service.container,
    ...resourcesOf(target, service),
  }
}

function resourcesOf({ spec }: Target, { container }: ServiceSpec): Pick<Task, 'networks' | 'volumes'> {
  const networks = new Set(container.networks.map((attachment) => attachment.network))
  const volumes = new Set(
    container.mounts.filter((mount) => mount.type === 'volume').map((mount) => mount.source),
  )
  return {
    networks: spec?.networks.filter((network) => networks.has(network.name)) ?? [],
    volumes: spec?.volumes.filter((volume) => volumes.has(volume.name)) ?? [],
  }
}

function short(name: string): string {
  return name.slice(0, 32)
}
