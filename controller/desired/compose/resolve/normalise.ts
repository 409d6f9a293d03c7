import { cursorAt } from '../../cursor.ts'
import {
  type Entry,
  type MapNode,
  mapNode,
  type Node,
  scalarNode,
  textAt,
  textNode,
  valueAt,
  withValue,
} from '../../yaml/node.ts'
import { asMap, changeAt, changeEach, has, withDefaults } from '../edit.ts'
import { cleanPath } from '../model/path.ts'
import { type Dependency, dependenciesOf } from './dependencies.ts'
import { withFullNames } from './full-names.ts'

/**
 * The model with what it implies: the default network and who joins it, the dependencies of links and shared
 * namespaces, and the full names of networks, volumes, secrets and configs (compose-go: normalize).
 * @param name the project's
 */
export function normalise(model: MapNode, name: string): MapNode {
  const services = changeAt(model, 'services', (node) => changeEach(node, normaliseService))
  const complete = withDefaultNetwork(asMap(services))
  return withFullNames(withValue(complete, 'name', textNode(complete, name)), name)
}

const CHANGES = [
  joinDefault,
  addDependencies,
  setReplicas,
  setPullPolicy,
  setDockerfile,
  cleanTargets,
  setHookImages,
]

function normaliseService(node: Node): Node {
  return node.kind === 'map' ? CHANGES.reduce<Node>((map, change) => change(asMap(map)), node) : node
}

/** Compose Specification §networks of a service: without any it joins the default one. */
function joinDefault(service: MapNode): Node {
  if (has(service, 'provider') || has(service, 'network_mode')) return service
  if (asMap(valueAt(service, 'networks')).entries.size > 0) return service
  return withValue(service, 'networks', mapNode(service, { default: scalarNode(service, null) }))
}

function addDependencies(service: MapNode): Node {
  const explicit = asMap(valueAt(service, 'depends_on'))
  const implied = dependenciesOf(cursorAt(service, [])).filter((one) => !explicit.entries.has(one.service))
  if (implied.length === 0) return service
  const entries = implied.map((one): [string, Entry] => [
    one.service,
    { at: one.at.key, value: impliedBy(one) },
  ])
  const all = { ...mapNode(service, {}), entries: new Map([...explicit.entries, ...entries]) }
  return withValue(service, 'depends_on', all)
}

function impliedBy({ at, restart }: Dependency): Node {
  return mapNode(at.node, {
    condition: textNode(at.node, 'service_started'),
    restart: scalarNode(at.node, restart),
    required: scalarNode(at.node, true),
  })
}

/** `scale` and `deploy.replicas` are the same (Compose Specification §scale). */
function setReplicas(service: MapNode): Node {
  const scale = valueAt(service, 'scale')
  return scale
    ? changeAt(service, 'deploy', (deploy) => withDefaults(deploy, () => ({ replicas: scale })))
    : service
}

function setPullPolicy(service: MapNode): Node {
  return textAt(service, 'pull_policy') === 'if_not_present'
    ? withValue(service, 'pull_policy', textNode(service, 'missing'))
    : service
}

/** Compose Specification build §dockerfile. */
function setDockerfile(service: MapNode): Node {
  return changeAt(service, 'build', (build) =>
    withDefaults(build, (map) => ({
      dockerfile: has(map, 'dockerfile_inline') ? undefined : textNode(map, 'Dockerfile'),
    })),
  )
}

function cleanTargets(service: MapNode): Node {
  return changeAt(service, 'volumes', (volumes) =>
    changeEach(volumes, (volume) =>
      changeAt(volume, 'target', (target) => textNode(target, cleanPath(textAt(volume, 'target') ?? ''))),
    ),
  )
}

/** Compose Specification §pre_start: a hook without an image has that of the service. */
function setHookImages(service: MapNode): Node {
  const image = valueAt(service, 'image')
  return changeAt(service, 'pre_start', (hooks) =>
    changeEach(hooks, (hook) => withDefaults(hook, () => ({ image }))),
  )
}

/** The default network is there where a service joins it. */
function withDefaultNetwork(model: MapNode): MapNode {
  const networks = asMap(valueAt(model, 'networks') ?? mapNode(model, {}))
  const services = [...asMap(valueAt(model, 'services')).entries.values()]
  const isUsed = services.some(({ value }) => valueAt(value, 'networks', 'default'))
  if (!isUsed || networks.entries.has('default')) return model
  return withValue(model, 'networks', withValue(networks, 'default', mapNode(model, {})))
}
