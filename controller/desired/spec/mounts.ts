import { posix } from 'node:path'
import type { Mount } from '../../../schemas/volume.ts'
import { cleanPath } from '../compose/model/path.ts'
import { type Cursor, fail, fields, itemsOf, within } from '../cursor.ts'
import { defined } from '../defined.ts'
import { mountTarget } from './mount-target.ts'
import { boolean, filled, integer, oneOf, size } from './values.ts'

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
    tmpfs: (inner) => fields(inner, { size, mode: integer(0, 0o7777) }),
  })
  const { type, source, target, read_only: readOnly = false, bind = {}, tmpfs } = fieldsRead
  if (type === undefined || target === undefined) return undefined
  if (type === 'tmpfs') return { type, source: '', target, readOnly, ...tmpfs }
  if (type === 'volume')
    return source === undefined ? anonymous(at, target) : { type, source, target, readOnly }
  if (type !== 'bind') return fail(at, `not honoured yet: the type ${type}; take volume, bind or tmpfs`)
  checkRecursive(at, { ...bind, readOnly })
  const outside = source === undefined ? undefined : hostPath(at, source)
  return outside === undefined ? undefined : { type, source: outside, target, readOnly, ...bind }
}

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

/** As Docker has it: the two are about what a read-only mount does to the mounts below it. */
function checkRecursive(
  at: Cursor,
  { recursive, readOnly, propagation }: BindOptions & { readOnly: boolean },
) {
  const place = within(at, 'bind', 'recursive')
  if (recursive === 'disabled')
    fail(place, 'not honoured yet: disabled; mount a folder that has no mounts below it')
  if ((recursive === 'writable' || recursive === 'readonly') && !readOnly)
    fail(place, `${recursive} is for a mount with read_only: true; set that, or remove it`)
  else if (recursive === 'readonly' && propagation !== undefined)
    fail(place, `readonly does not go with propagation ${propagation}; take rprivate`)
}

function anonymous(at: Cursor, target: string): undefined {
  return fail(
    at,
    `not honoured yet: a volume without a name; write "data:${target}" and declare data under volumes`,
  )
}

/** A resolved source: absolute is of the host, relative of the repository. */
function hostPath(at: Cursor, source: string): string | undefined {
  if (source.startsWith('~')) {
    const advice = 'write the absolute path on the host'
    return fail(at, `${source} is a home folder of the machine where compose runs; ${advice}`)
  }
  if (source === '..' || source.startsWith('../'))
    return fail(at, `${source} leads out of the repository; write the absolute path on the host`)
  if (!posix.isAbsolute(source)) {
    return fail(
      at,
      `not honoured yet: mounting ${source} of the repository; put it into an image spec (NAME.image.yaml, files), or write an absolute path on the host`,
    )
  }
  if (source.split('/').includes('..')) return fail(at, `${source} must not contain ..`)
  return cleanPath(source)
}
