import { posix } from 'node:path'
import { CONTENT_MODE, type ContentMount, unknownExternal } from '../../../../schemas/content.ts'
import { isExternal } from '../../compose/external.ts'
import { type Cursor, fail, itemsOf, within } from '../../cursor.ts'
import { quote, textAt, valueAt } from '../../yaml/node.ts'
import { checkTarget } from '../mounts/mount-target.ts'
import { targetsOf } from '../mounts/mounts.ts'
import type { Reading } from './contents.ts'
import { type Packing, packFile, packText } from './packs.ts'
import { secretOf } from './secrets.ts'

type Section = 'configs' | 'secrets'

const KINDS = { configs: 'config', secrets: 'secret' } as const
/** Where a relative target starts. */
const FOLDERS = { configs: '/', secrets: '/run/secrets' } as const

/** Compose Specification §configs and §secrets of a service: files of the stack, or of the fleet, in its containers. */
export function fileMounts(service: Cursor, section: Section, reading: Reading): ContentMount[] {
  if (!valueAt(service.node, section)) return []
  const taken = targetsOf(service)
  return (itemsOf(within(service, section)) ?? []).flatMap((at) => {
    const { node } = at
    const source = textAt(node, 'source') ?? ''
    const target = checkTarget(at, posix.resolve(FOLDERS[section], textAt(node, 'target') ?? source))
    if (target === undefined) return []
    if (taken.has(target)) return fail(at, `${target} is already mounted by ${taken.get(target)}`) ?? []
    const declared = within(reading.model, section, source)
    const hash = section === 'configs' ? configDigest(declared, reading) : secretOf(declared, reading)
    return hash === undefined ? [] : [{ kind: KINDS[section], target, digest: hash, ...ownerOf(at) }]
  })
}

function configDigest(declared: Cursor, reading: Reading): string | undefined {
  if (isExternal(declared.node)) return externalDigest(declared, reading)
  const content = textAt(declared.node, 'content')
  if (content !== undefined) return delivered(declared, packText(content), reading)
  const file = textAt(declared.node, 'file')
  if (file !== undefined) return fileDigest(within(declared, 'file'), file, reading)
  // that a variable is not set is told where the file is checked
  const value = reading.variables(textAt(declared.node, 'environment') ?? '') ?? ''
  return delivered(declared, packText(value), reading)
}

function fileDigest(at: Cursor, path: string, reading: Reading): string | undefined {
  const packing = packFile(path, reading.files)
  return delivered(at, packing, reading)
}

function delivered(at: Cursor, packing: Packing, reading: Reading): string | undefined {
  return 'problem' in packing ? fail(at, packing.problem) : reading.deliver(packing)
}

/** A config of the fleet, which an operator has given the controller. Offline nobody knows what it holds. */
function externalDigest(declared: Cursor, reading: Reading): string | undefined {
  const name = textAt(declared.node, 'name') ?? ''
  if (!reading.externals) return unknownExternal(name)
  const content = reading.externals.get(name)
  if (content) return delivered(declared, packText(content), reading)
  const advice = `put it on the controller as configs/${name} in its state folder`
  return fail(declared, `there is no external config ${quote(name)}; ${advice}`)
}

const MAX_ID = 2 ** 32 - 2

/** Absent where it is what Docker has anyway. */
function ownerOf(at: Cursor): Pick<ContentMount, 'mode' | 'uid' | 'gid'> {
  const written = textAt(at.node, 'mode')
  const mode = written === undefined ? CONTENT_MODE : Number.parseInt(written, 8)
  const [uid, gid] = [idOf(at, 'uid'), idOf(at, 'gid')]
  return { ...(mode !== CONTENT_MODE && { mode }), ...(uid && { uid }), ...(gid && { gid }) }
}

function idOf(at: Cursor, key: 'uid' | 'gid'): number | undefined {
  const written = textAt(at.node, key)
  if (written === undefined) return undefined
  const id = /^\d{1,10}$/.test(written) ? Number(written) : Number.POSITIVE_INFINITY
  if (id <= MAX_ID) return id
  const advice = 'names are those of the image, which is not looked into'
  return fail(within(at, key), `must be a number, as in "1000", not ${quote(written)}; ${advice}`)
}
