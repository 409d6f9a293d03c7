import { posix } from 'node:path'
import type { Mount } from '../../../schemas/volume.ts'
import { cleanPath } from '../compose/model/path.ts'
import { type Cursor, fail, fields, itemsOf } from '../cursor.ts'
import { scalarNode } from '../yaml/node.ts'
import { boolean, checkContainerPath, fileMode, filled, integer, listOf, size, text } from './values.ts'

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
    bind: (inner) => fields(inner, { create_host_path: boolean }),
    tmpfs: (inner) => fields(inner, { size, mode: integer(0, 0o7777) }),
  })
  const { type, source, target, read_only: readOnly = false, bind, tmpfs } = fieldsRead
  if (type === undefined || target === undefined) return undefined
  if (type === 'tmpfs') return { type, source: '', target, readOnly, ...tmpfs }
  if (type === 'volume')
    return source === undefined ? anonymous(at, target) : { type, source, target, readOnly }
  if (type !== 'bind') return fail(at, `not honoured yet: the type ${type}; take volume, bind or tmpfs`)
  const outside = source === undefined ? undefined : hostPath(at, source)
  const create = bind?.create_host_path ? { createHostPath: true } : {}
  return outside === undefined ? undefined : { type, source: outside, target, readOnly, ...create }
}

function mountTarget(at: Cursor): string | undefined {
  const value = text(at)
  return value === undefined ? undefined : checkTarget(at, value)
}

/** A path in the container that a mount may cover. The runtime fills `/dev`, `/proc` and `/sys` itself. */
function checkTarget(at: Cursor, value: string): string | undefined {
  const target = checkContainerPath(at, value)
  if (target === '/') return fail(at, 'a mount on / would hide the image; name a folder below it')
  if (target === undefined || !/^\/(dev|proc|sys)(\/|$)/.test(target)) return target
  if (/^\/dev\/shm(\/|$)/.test(target)) return target
  return fail(
    at,
    `not honoured yet: a mount on ${target}; of /dev, /proc and /sys only /dev/shm may be mounted`,
  )
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

/** Compose Specification §tmpfs of a service: `/run` or `/run:size=64m,mode=1777`. */
export function tmpfs(cursor: Cursor): MountAt[] | undefined {
  return listOf(oneTmpfs)(cursor)
}

const TMPFS_ALWAYS = new Set(['rw', 'nosuid', 'nodev', 'noexec'])

function oneTmpfs(at: Cursor): MountAt | undefined {
  const line = text(at)
  if (line === undefined) return undefined
  const [path = '', ...rest] = line.split(':')
  const target = checkTarget(at, path)
  if (target === undefined) return undefined
  const mount: Mount = { type: 'tmpfs', source: '', target, readOnly: false }
  const options = rest.join(':').split(',')
  for (const option of options.filter((one) => one !== '')) applyOption(mount, option, at)
  return { mount, at }
}

function applyOption(mount: Mount, option: string, at: Cursor): void {
  const [name, value = ''] = option.split('=')
  const inner = { ...at, node: scalarNode(at.node, value) }
  if (name === 'size') Object.assign(mount, { size: size(inner) })
  else if (name === 'mode') Object.assign(mount, { mode: fileMode(inner) })
  else if (name === 'ro') mount.readOnly = true
  else if (!TMPFS_ALWAYS.has(option))
    fail(at, `not honoured yet: the tmpfs option ${option}; take size and mode`)
}
