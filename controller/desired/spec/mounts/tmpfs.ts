import type { Mount } from '../../../../schemas/volume.ts'
import { type Cursor, fail } from '../../cursor.ts'
import { scalarNode } from '../../yaml/node.ts'
import { fileMode, listOf, size, text } from '../values.ts'
import { checkTarget } from './mount-target.ts'
import type { MountAt } from './mounts.ts'

/** Compose Specification §tmpfs of a service: `/run` or `/run:size=64m,mode=1777`. */
export function tmpfs(cursor: Cursor): MountAt[] | undefined {
  return listOf(oneTmpfs)(cursor)
}

/** What a tmpfs is anyway. */
const USUAL = new Set(['rw', 'nosuid', 'nodev', 'noexec', 'defaults'])
/** Options of mount(8) and tmpfs(5) that Docker takes too, beside `size`, `mode`, `ro` and `rw`. */
const FLAGS = /^(exec|suid|dev|sync|dirsync|noatime|nodiratime|relatime|strictatime)$/
const VALUES: Record<string, RegExp> = {
  uid: /^\d{1,10}$/,
  gid: /^\d{1,10}$/,
  nr_inodes: /^\d{1,15}[kmg]?$/i,
  nr_blocks: /^\d{1,15}[kmg]?$/i,
}
const PERCENT = /^([1-9]\d?|100)%$/

function oneTmpfs(at: Cursor): MountAt | undefined {
  const line = text(at)
  if (line === undefined) return undefined
  const [path = '', ...rest] = line.split(':')
  const target = checkTarget(at, path)
  if (target === undefined) return undefined
  const mount: Mount = { type: 'tmpfs', source: '', target, readOnly: false }
  const asked = new Map<string, string>()
  for (const option of rest.join(':').split(',')) if (option !== '') applyOption(mount, option, { at, asked })
  return { mount: asked.size === 0 ? mount : { ...mount, options: [...asked.values()].sort() }, at }
}

interface Options {
  at: Cursor
  /** By what they are about: of two about one thing the later counts. */
  asked: Map<string, string>
}

function applyOption(mount: Mount, option: string, { at, asked }: Options): void {
  const [name = '', value = ''] = option.split('=')
  const inner = { ...at, node: scalarNode(at.node, value) }
  if (name === 'size' && PERCENT.test(value)) asked.set('size', option)
  else if (name === 'size') Object.assign(mount, { size: size(inner) })
  else if (name === 'mode') Object.assign(mount, { mode: fileMode(inner) })
  else if (option === 'ro' || option === 'rw') mount.readOnly = option === 'ro'
  else if (USUAL.has(option)) asked.delete(option.slice('no'.length))
  else if (FLAGS.test(option) || (Object.hasOwn(VALUES, name) && VALUES[name]?.test(value)))
    asked.set(name, option)
  else fail(at, `${option} is no option of a tmpfs; take ${TAKEN}`)
}

const TAKEN = 'size, mode, uid, gid, nr_inodes, nr_blocks, ro, exec, suid, dev or noatime'
