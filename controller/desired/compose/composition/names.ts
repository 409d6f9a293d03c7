import type { MapNode } from '../../yaml/node.ts'
import { asMap, changeAt, changeEach } from '../edit.ts'
import { given } from '../variables/environment.ts'
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
          changeEach(own, (value, name) => given(value, name, variables) ?? value),
        ),
      ),
    ),
  )
}
