import { type Cursor, fail, within } from '../../cursor.ts'
import { textAt, valueAt } from '../../yaml/node.ts'

/** What a service may be made from. What it extends has had its problem where the key is still there. */
const SOURCES = ['image', 'build', 'provider', 'extends']

/** Compose Specification §image, §build, §provider: a service has one of them. */
export function checkSource(service: Cursor): void {
  const { node } = service
  if (textAt(node, 'image') === '' && !valueAt(node, 'build'))
    fail(within(service, 'image'), 'must not be empty')
  if (node.kind === 'map' && !SOURCES.some((key) => node.entries.has(key))) {
    fail(service, 'has no image and no build; add one of them')
  }
}
