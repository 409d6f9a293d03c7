import { type Cursor, fail, within } from '../../cursor.ts'
import { textAt } from '../../yaml/node.ts'
import { numberBelow } from '../below.ts'

/** Compose Specification §scale, deploy §replicas, §container_name: one number of replicas, and one name for one. */
export function checkReplicas(service: Cursor): void {
  const scale = numberBelow(service, 'scale')
  const replicas = numberBelow(service, 'deploy', 'replicas')
  if (scale !== undefined && scale < 0) fail(within(service, 'scale'), `must be 0 or more, not ${scale}`)
  if (replicas !== undefined && replicas < 0) {
    fail(within(service, 'deploy', 'replicas'), `must be 0 or more, not ${replicas}`)
  }
  if (scale !== undefined && replicas !== undefined && scale !== replicas) {
    fail(within(service, 'scale'), `is ${scale}, but deploy.replicas is ${replicas}; keep one`)
  }
  checkContainerName(service, scale ?? replicas ?? 1)
}

function checkContainerName(service: Cursor, replicas: number): void {
  if (!textAt(service.node, 'container_name') || replicas <= 1) return
  fail(within(service, 'container_name'), `is one name, but there are ${replicas} replicas; remove it`)
}
