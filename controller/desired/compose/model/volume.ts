import { type Cursor, within } from '../../cursor.ts'
import { type Node, textAt, valueAt, withValue } from '../../yaml/node.ts'
import { canonicalise } from '../canonical/canonicalise.ts'
import { honoured } from '../marks.ts'
import type { Scope, Shape } from '../shape.ts'
import { options, orEmpty, string } from './common.ts'
import { external } from './external.ts'
import { labels } from './pairs.ts'
import { filePath } from './path.ts'
import { namedResource } from './resource.ts'

const resource = namedResource('a mapping of the settings of a volume', {
  name: honoured(string, 'The full name of the volume, in place of `STACK_KEY`.'),
  driver: honoured(string, 'What keeps the volume: `local`.'),
  driver_opts: honoured(options, 'What is mounted as the volume: `type`, `o` and `device`, as for mount(8).'),
  external: honoured(external, 'The volume is there already and is not made or removed.'),
  labels: honoured(labels, 'Labels of the volume.'),
})

/** Compose Specification §Volumes top-level element. */
export const volume: Shape = orEmpty({
  ...resource,
  canonical(at, scope) {
    const made = resource.canonical?.(at, scope)
    return made && withDevice({ ...at, node: made }, scope)
  },
})

/** The device of a bind mount is a path, and may be relative like any other. */
function withDevice(at: Cursor, scope: Scope): Node {
  const opts = valueAt(at.node, 'driver_opts')
  const isBind = textAt(at.node, 'driver') === 'local' && textAt(opts, 'o') === 'bind'
  if (!isBind || at.node.kind !== 'map' || opts?.kind !== 'map' || !opts.entries.has('device')) return at.node
  const device = canonicalise(within(at, 'driver_opts', 'device'), filePath, scope)
  return withValue(at.node, 'driver_opts', withValue(opts, 'device', device))
}
