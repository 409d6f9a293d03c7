import { isNull, type MapNode, type Node, textNode } from '../../yaml/node.ts'
import { asMap, changeAt, changeEach } from '../edit.ts'
import type { Lookup } from '../variables/template.ts'

/**
 * The model with the values of `environment` entries that are only a name, as far as they are known: what is included
 * may know them from an env file of its own (Compose Specification §include).
 */
export function withNamesResolved(model: MapNode, variables: Lookup): MapNode {
  return asMap(
    changeAt(model, 'services', (services) =>
      changeEach(services, (service) =>
        changeAt(service, 'environment', (own) =>
          changeEach(own, (value, name) => named(value, variables(name))),
        ),
      ),
    ),
  )
}

function named(value: Node, text: string | undefined): Node {
  const isName = isNull(value) && value.tag !== '!broken'
  return isName && text !== undefined ? textNode(value, text) : value
}
