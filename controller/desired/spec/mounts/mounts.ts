import { posix } from 'node:path'
import type { Mount } from '../../../../schemas/volume.ts'
import { cleanPath } from '../../compose/model/path.ts'
import { type Cursor, entriesOf, fail, fields, itemsOf, notice, within } from '../../cursor.ts'
import { defined } from '../../defined.ts'
import { plainPath } from '../../files/plain-path.ts'
import { quote, textAt, valueAt } from '../../yaml/node.ts'
import { boolean, filled, integer, oneOf, size, text } from '../values.ts'
import { mountTarget } from './mount-target.ts'

export interface MountAt {
  /** The source of a volume is still its key in the file. */
  mount: Mount
  at: Cursor
}

/** Compose Specification §volumes of a service. */
export function mounts(cursor: Cursor): MountAt[] | undefined {
  return itemsOf(cursor)?.flatMap((at) => {
    const mount = read(at)
    return mount ? [{ mount, at }] : []
  })
}

function read(at: Cursor): Mount | undefined {
  const fieldsRead = fields(at, {
    type: filled,
    source: filled,
    target: mountTarget,
    read_only: boolean,
    bind: bindOptions,
    volume: volumeOptions,
    tmpfs: (inner) => fields(inner, { size, mode: integer(0, 0o7777) }),
  })
  const { type, source, target, read_only: readOnly = false, bind = {}, volume = {}, tmpfs } = fieldsRead
  if (type === undefined || target === undefined) return undefined
  tellMisplaced(at, type)
  if (type === 'tmpfs') return { type, source: '', target, readOnly, ...tmpfs }
  if (type === 'volume')
    return source === undefined
      ? anonymous(at, { ...volume, target, readOnly })
      : { type, source, target, readOnly, ...volume }
  if (type !== 'bind') return fail(at, `not honoured yet: the type ${type}; take volume, bind or tmpfs`)
  if (isOfRepository(source)) return undefined // content: see content-binds.ts
  checkRecursive(at, { ...bind, readOnly })
  const outside = source === undefined ? undefined : hostPath(at, source)
  return outside === undefined ? undefined : { type, source: outside, target, readOnly, ...bind }
}

/** Settings of a mount of another type than this one is. */
function tellMisplaced(at: Cursor, type: string): void {
  const outer = ['bind', 'volume', 'tmpfs'].filter((kind) => kind !== type && valueAt(at.node, kind))
  for (const kind of outer) {
    for (const [key, inner] of entriesOf(within(at, kind)) ?? []) {
      if (TOLD_ANYWAY.includes(key)) continue
      notice(inner, `accepted without effect: it is for type ${kind}, and this mount is of type ${type}`)
    }
  }
  if (type === 'tmpfs' && valueAt(at.node, 'source'))
    notice(within(at, 'source'), 'accepted without effect: a tmpfs begins empty')
}

/** Without effect wherever they stand. */
const TOLD_ANYWAY = ['selinux', 'labels']

const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'] as const

/** What is the default leaves no trace: a file that spells it out means the same. */
function bindOptions(at: Cursor): BindOptions {
  const read = fields(at, {
    create_host_path: boolean,
    propagation: oneOf(...PROPAGATIONS),
    recursive: oneOf('enabled', 'disabled', 'writable', 'readonly'),
  })
  const { create_host_path: create, propagation, recursive } = read
  return defined({
    createHostPath: create || undefined,
    propagation: propagation === 'rprivate' ? undefined : propagation,
    recursive: recursive === 'enabled' ? undefined : recursive,
  })
}

type BindOptions = Pick<Mount, 'createHostPath' | 'propagation' | 'recursive'>

/** The two options say what a read-only mount does to the mounts below it; elsewhere they mean nothing, as with Docker. */
function checkRecursive(
  at: Cursor,
  { recursive, readOnly, propagation }: BindOptions & { readOnly: boolean },
) {
  const place = within(at, 'bind', 'recursive')
  if ((recursive === 'writable' || recursive === 'readonly') && !readOnly)
    fail(place, `${recursive} is for a mount with read_only: true; set that, or remove it`)
  else if (recursive === 'readonly' && propagation !== undefined)
    fail(place, `readonly does not go with propagation ${propagation}; take rprivate`)
}

type VolumeOptions = Pick<Mount, 'subpath' | 'noCopy'>

function volumeOptions(at: Cursor): VolumeOptions {
  const { nocopy, subpath } = fields(at, { nocopy: boolean, subpath: relativePath })
  return defined({ noCopy: nocopy || undefined, subpath })
}

/** Undefined for all of the volume. */
function relativePath(at: Cursor): string | undefined {
  const path = text(at)
  if (path === undefined) return undefined
  if (!posix.isAbsolute(path) && !path.split('/').includes('..')) return plainPath(path) || undefined
  return fail(at, `${quote(path)} must be a path in the volume, as in "uploads/images"`)
}

/**
 * A volume without a name, which goes with its task as in Swarm: kept for the slot, its old files would hide those of a
 * new image.
 */
function anonymous(at: Cursor, rest: Omit<Mount, 'type' | 'source'>): Mount | undefined {
  if (rest.subpath !== undefined)
    return fail(within(at, 'volume', 'subpath'), 'a volume without a name is new and has no folders; name it')
  const advice = `write "data:${rest.target}" and declare data under volumes to keep it`
  notice(at, `a volume without a name is removed with its task, as when the image changes; ${advice}`)
  return { type: 'volume', source: '', ...rest }
}

/** A resolved source that is relative and leads nowhere else: content of the repository. */
export function isOfRepository(source: string | undefined): source is string {
  return source !== undefined && !posix.isAbsolute(source) && !/^(~|\.\.(\/|$))/.test(source)
}

/** The targets of the volumes of a service, with the path of each in the file. */
export function targetsOf(service: Cursor): Map<string, string> {
  if (!valueAt(service.node, 'volumes')) return new Map()
  const items = itemsOf(within(service, 'volumes')) ?? []
  return new Map(items.map((at) => [cleanPath(textAt(at.node, 'target') ?? ''), at.path]))
}

/** A source on the host, by its absolute path. */
function hostPath(at: Cursor, source: string): string | undefined {
  if (source.startsWith('~')) {
    const advice = 'write the absolute path on the host'
    return fail(at, `${source} is a home folder of the machine where compose runs; ${advice}`)
  }
  if (source === '..' || source.startsWith('../'))
    return fail(at, `${source} leads out of the repository; write the absolute path on the host`)
  if (source.split('/').includes('..')) return fail(at, `${source} must not contain ..`)
  return cleanPath(source)
}
