import { type Cursor, fail, within } from '../../cursor.ts'
import { quote, textAt } from '../../yaml/node.ts'

/** Compose Specification §container_name: a name is of one service. */
export function checkContainerNames(services: [string, Cursor][]): void {
  const taken = new Map<string, Cursor>()
  for (const [, service] of services) {
    const name = textAt(service.node, 'container_name')
    if (!name) continue
    const other = taken.get(name)
    if (!other) taken.set(name, service)
    else
      fail(within(service, 'container_name'), `${quote(name)} is already the container_name of ${other.path}`)
  }
}
