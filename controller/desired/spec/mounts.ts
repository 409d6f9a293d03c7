import type { Mount } from '../../../schemas/stack.ts'
import { type Cursor, expected, fail, fields, itemsOf, notice } from '../cursor.ts'
import { quote, scalarText } from '../yaml/node.ts'
import { boolean, checkContainerPath, fileMode, filled, oneOf, oneOrListOf, size, text } from './values.ts'

export interface MountAt {
  /** The source of a volume is still its key in the file. */
  mount: Mount
  at: Cursor
}

/** Compose Specification §volumes of a service, short and long syntax. */
export function mounts(cursor: Cursor): MountAt[] | undefined {
  return itemsOf(cursor)?.flatMap((at) => {
    const mount = at.node.kind === 'map' ? long(at) : short(at)
    return mount ? [{ mount, at }] : []
  })
}

const FOLDED = new Set(['z', 'Z', 'nocopy', 'cached', 'delegated', 'consistent', 'private', 'rprivate'])

/** `[source:]target[:options]` */
function short(at: Cursor): Mount | undefined {
  if (at.node.kind !== 'scalar' || at.node.value === null)
    return expected(at, 'a volume, as in "data:/var/lib/data"')
  const parts = scalarText(at.node).split(':')
  if (parts.length > 3) return fail(at, `${quote(scalarText(at.node))} has too many colons`)
  if (parts.includes(''))
    return fail(at, `${quote(scalarText(at.node))} has an empty part between its colons`)
  const [source, target, options = ''] = parts.length === 1 ? [undefined, ...parts] : parts
  if (source === undefined) return anonymous(at, target ?? '')
  const readOnly = shortOptions(at, options)
  const inside = checkTarget(at, target ?? '')
  if (inside === undefined || readOnly === undefined) return undefined
  if (!isPath(source)) return { type: 'volume', source, target: inside, readOnly }
  const outside = hostPath(at, source)
  return outside === undefined
    ? undefined
    : { type: 'bind', source: outside, target: inside, readOnly, createHostPath: true }
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

function shortOptions(at: Cursor, options: string): boolean | undefined {
  let readOnly = false
  for (const option of options.split(',').filter((one) => one !== '')) {
    if (option === 'ro' || option === 'rw') readOnly = option === 'ro'
    else if (FOLDED.has(option)) notice(at, `the option ${option} is accepted without effect`)
    else if (/^r?(shared|slave)$/.test(option))
      return fail(at, `not honoured yet: the propagation ${option}; remove it`)
    else return fail(at, `unknown option ${quote(option)}; take ro or rw`)
  }
  return readOnly
}

function anonymous(at: Cursor, target: string): undefined {
  return fail(
    at,
    `not honoured yet: a volume without a name; write "data:${target}" and declare data under volumes`,
  )
}

function isPath(source: string): boolean {
  return /^[./~]/.test(source)
}

function hostPath(at: Cursor, source: string): string | undefined {
  if (source.startsWith('~'))
    return fail(
      at,
      `${source} is a home folder of the machine where compose runs; write the absolute path on the host`,
    )
  if (!source.startsWith('/')) {
    if (leavesTheFolder(source))
      return fail(at, `${source} leads out of the stack's folder; write the absolute path on the host`)
    return fail(
      at,
      `not honoured yet: mounting ${source} of the repository; put it into an image spec (NAME.image.yaml, files), or write an absolute path on the host`,
    )
  }
  if (source.split('/').includes('..')) return fail(at, `${source} must not contain ..`)
  return source.length > 1 ? source.replace(/\/+$/, '') || '/' : source
}

function leavesTheFolder(source: string): boolean {
  let depth = 0
  for (const part of source.split('/')) {
    if (part === '..') depth--
    else if (part !== '.' && part !== '') depth++
    if (depth < 0) return true
  }
  return false
}

function long(at: Cursor): Mount | undefined {
  const read = fields(at, 'volumeMount', {
    type: mountType,
    source: filled,
    target: mountTarget,
    read_only: boolean,
    bind: (inner) => fields(inner, 'mountBind', { create_host_path: boolean }),
    volume: (inner) => fields(inner, 'mountVolume', {}),
    tmpfs: (inner) => fields(inner, 'mountTmpfs', { size, mode: fileMode }),
  })
  if (!has(at, 'type')) return fail(at, 'needs a type: volume, bind or tmpfs')
  if (!has(at, 'target')) return fail(at, 'needs a target, the path in the container')
  const { type, source = '', target, read_only: readOnly = false, bind, tmpfs } = read
  if (type === undefined || target === undefined) return undefined
  if (type === 'tmpfs') return { type, source: '', target, readOnly, ...tmpfs }
  if (source === '') return has(at, 'source') ? undefined : withoutSource(at, type, target)
  if (type === 'volume') return { type, source, target, readOnly }
  const outside = isPath(source) ? hostPath(at, source) : hostPath(at, `./${source}`)
  const create = bind?.create_host_path === undefined ? {} : { createHostPath: bind.create_host_path }
  return outside === undefined ? undefined : { type, source: outside, target, readOnly, ...create }
}

function mountType(cursor: Cursor) {
  const type = text(cursor)
  if (type === 'cluster' || type === 'npipe' || type === 'image') {
    return fail(cursor, `not honoured yet: the type ${type}; take volume, bind or tmpfs`)
  }
  return oneOf('volume', 'bind', 'tmpfs')(cursor)
}

function withoutSource(at: Cursor, type: string, target: string): undefined {
  return type === 'volume'
    ? anonymous(at, target)
    : fail(at, 'a bind mount needs a source, the path on the host')
}

function has(at: Cursor, key: string): boolean {
  return at.node.kind === 'map' && at.node.entries.has(key)
}

/** Compose Specification §tmpfs of a service: `/run` or `/run:size=64m,mode=1777`, one or a list. */
export function tmpfs(cursor: Cursor): MountAt[] | undefined {
  return oneOrListOf(oneTmpfs)(cursor)
}

const TMPFS_ALWAYS = new Set(['rw', 'nosuid', 'nodev', 'noexec'])

function oneTmpfs(at: Cursor): MountAt | undefined {
  const line = text(at)
  if (line === undefined) return undefined
  const [path = '', ...rest] = line.split(':')
  const target = checkTarget(at, path)
  if (target === undefined) return undefined
  const mount: Mount = { type: 'tmpfs', source: '', target, readOnly: false }
  for (const option of rest
    .join(':')
    .split(',')
    .filter((one) => one !== '')) {
    const [name, value = ''] = option.split('=')
    const inner = { ...at, node: { ...at.node, kind: 'scalar' as const, value, text: value } }
    if (name === 'size') Object.assign(mount, { size: size(inner) })
    else if (name === 'mode') Object.assign(mount, { mode: fileMode(inner) })
    else if (name === 'ro') mount.readOnly = true
    else if (!TMPFS_ALWAYS.has(option))
      fail(at, `not honoured yet: the tmpfs option ${option}; take size and mode`)
  }
  return { mount, at }
}
