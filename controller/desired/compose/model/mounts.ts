import { type Cursor, fail } from '../../cursor.ts'
import { type Node, textAt, valueAt, withValue } from '../../yaml/node.ts'
import { honoured, ignored, LATER, refused } from '../marks.ts'
import type { Key, Scope, Shape } from '../shape.ts'
import { boolean, mapping, oneOf, string } from './common.ts'
import { numericMode } from './file-mode.ts'
import { labels } from './pairs.ts'
import { cleanPath, resolved } from './path.ts'
import { shortMount } from './short-mount.ts'
import { limitedSize } from './size.ts'

const bind = mapping('a mapping with settings of a bind mount', {
  create_host_path: honoured(boolean, 'A folder is made on the host where there is nothing.'),
  propagation: honoured(
    string,
    'Whether mounts made later are seen on the other side: `rprivate`, `private`, `rslave`, `slave`, `rshared` or `shared`.',
  ),
  selinux: ignored(oneOf('z', 'Z'), 'A new label for SELinux.', {
    reason: 'files are not relabelled for SELinux',
  }),
  recursive: honoured(
    oneOf('enabled', 'disabled', 'writable', 'readonly'),
    'Whether mounts inside the folder are mounted too, and read-only like it.',
  ),
})

const volume = mapping('a mapping with settings of a volume', {
  nocopy: honoured(boolean, 'A new volume stays empty, and does not take what the image has in its place.'),
  labels: ignored(labels, 'Labels of the volume.', { reason: 'put labels under the volume itself' }),
  subpath: honoured(string, 'A folder or file of the volume, in place of all of it.'),
})

const tmpfs = mapping('a mapping with size and mode', {
  size: honoured(limitedSize, 'How much it holds, as in `64m`.'),
  mode: honoured(numericMode, 'Who may read and write the folder, in octal, as in 01777.'),
})

const image = mapping('a mapping with settings of an image', {
  subpath: honoured(string, 'A folder of the image, in place of all of it.'),
})

const KEYS: Record<string, Key> = {
  type: honoured(
    oneOf('volume', 'bind', 'tmpfs', 'image', 'cluster', 'npipe'),
    '`volume`, `bind` for a path of the host, or `tmpfs` for a folder in memory.',
  ),
  source: honoured(string, 'The key of the volume, or the path on the host.'),
  target: honoured(string, 'The path in the container.'),
  read_only: honoured(boolean, 'The container cannot write there.'),
  bind: honoured(bind, 'Settings of a bind mount.'),
  volume: honoured(volume, 'Settings of a volume.'),
  tmpfs: honoured(tmpfs, 'Settings of a folder in memory.'),
  image: refused(image, 'Settings of an image.', {
    reason: LATER,
    instead: 'copy what is needed into the image of the service',
  }),
  consistency: ignored(string, 'How closely both sides agree.', { reason: 'it is for Docker Desktop' }),
}

const mount: Shape = {
  ...mapping('a volume, as in "data:/var/lib/data"', KEYS, 'type', 'target'),
  scalar: { types: ['string'] },
  canonical: (at, scope) =>
    at.node.kind === 'scalar' ? shortMount(at, at.node.text, scope) : longMount(at, scope),
}

/** Compose Specification §volumes of a service: mappings with a type; the later of two with one target counts. */
export const mounts: Shape = {
  expected: 'a list of volumes, as in "data:/var/lib/data"',
  list: { items: mount, unique: targetOf },
}

function targetOf(item: Node): string | undefined {
  const target = textAt(item, 'target')
  return target === undefined ? undefined : cleanPath(target)
}

function longMount(at: Cursor, scope: Scope): Node | undefined {
  const { node } = at
  if (node.kind !== 'map' || textAt(node, 'type') !== 'bind') return node
  const source = valueAt(node, 'source')
  if (source?.tag) return node
  if (!source || !textAt(node, 'source')) {
    return fail(at, 'a bind mount needs a source, the path on the host')
  }
  return withValue(node, 'source', resolved(source, scope))
}
