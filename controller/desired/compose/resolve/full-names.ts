import { type MapNode, mapNode, type Node, textNode } from '../../yaml/node.ts'
import { asMap, changeEach, withDefaults } from '../edit.ts'
import { isExternal } from '../external.ts'

const NAMED = ['networks', 'volumes', 'secrets', 'configs']

/** Every network, volume, secret and config with its name: `PROJECT_KEY`, and of what is external the key alone. */
export function withFullNames(model: MapNode, project: string): MapNode {
  const named = (node: Node, key: string) =>
    NAMED.includes(key) ? changeEach(node, (resource, name) => withName(resource, name, project)) : node
  return asMap(changeEach(model, named))
}

function withName(resource: Node, key: string, project: string): Node {
  const name = isExternal(resource) ? key : `${project}_${key}`
  const map = resource.kind === 'map' ? resource : mapNode(resource, {})
  return withDefaults(map, () => ({ name: textNode(map, name) }))
}
