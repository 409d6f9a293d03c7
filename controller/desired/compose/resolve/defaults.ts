import { type MapNode, type Node, scalarNode, textAt, textNode } from '../../yaml/node.ts'
import { asMap, changeAt, changeEach, has, withDefaults } from '../edit.ts'
import type { Scope } from '../shape.ts'

/**
 * The model with the defaults that the Compose Specification gives to what a file leaves out: of `depends_on`,
 * `build`, `ports`, `secrets` and requests for devices. What is implied by the model as a whole is added by `normalise`.
 */
export function setDefaults(model: MapNode, scope: Scope): MapNode {
  return asMap(
    changeAt(model, 'services', (services) =>
      changeEach(services, (service) => serviceDefaults(service, scope)),
    ),
  )
}

function serviceDefaults(service: Node, scope: Scope): Node {
  const changes: [string, (node: Node) => Node][] = [
    ['depends_on', (dependencies) => changeEach(dependencies, dependency)],
    ['build', (build) => buildContext(build, scope)],
    ['ports', (ports) => changeEach(ports, port)],
    ['secrets', (secrets) => changeEach(secrets, secretMount)],
    ['gpus', (gpus) => changeEach(gpus, deviceRequest)],
    ['deploy', deploy],
  ]
  return changes.reduce((node, [key, change]) => changeAt(node, key, change), service)
}

/** Compose Specification §depends_on, long syntax. */
function dependency(node: Node): Node {
  return withDefaults(node, (map) => ({
    condition: textNode(map, 'service_started'),
    required: scalarNode(map, true),
  }))
}

/** Compose Specification build §context. */
function buildContext(build: Node, { directory }: Scope): Node {
  return withDefaults(build, (map) => ({ context: textNode(map, directory) }))
}

/** Compose Specification §ports, long syntax. */
function port(node: Node): Node {
  return withDefaults(node, (map) => ({ mode: textNode(map, 'ingress'), protocol: textNode(map, 'tcp') }))
}

/** Compose Specification §secrets of a service. */
function secretMount(node: Node): Node {
  return withDefaults(node, (map) => ({
    target: textNode(map, `/run/secrets/${textAt(map, 'source') ?? ''}`),
  }))
}

function deploy(node: Node): Node {
  return changeAt(node, 'resources', (resources) =>
    changeAt(resources, 'reservations', (reservations) =>
      changeAt(reservations, 'devices', (devices) => changeEach(devices, deviceRequest)),
    ),
  )
}

/** How a request for every device is counted. */
const ALL = -1

/** Compose Specification deploy §devices. */
function deviceRequest(node: Node): Node {
  return withDefaults(node, (map) => ({
    count: has(map, 'device_ids') ? undefined : scalarNode(map, ALL),
  }))
}
