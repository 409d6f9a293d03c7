import type { ContentMount } from '../../../../schemas/content.ts'
import { secretFormat } from '../../../../schemas/sealing/secret-file.ts'
import type { SourceFile } from '../../../../schemas/source.ts'
import { cleanPath } from '../../compose/model/path.ts'
import { type Cursor, entriesOf, fail, itemsOf, notice, within } from '../../cursor.ts'
import type { Files } from '../../files/files.ts'
import { textAt, valueAt } from '../../yaml/node.ts'
import { lackingIn, type MountPoint, mountPointsOf } from '../mounts/mount-points.ts'
import { isOfRepository } from '../mounts/mounts.ts'
import type { Reading } from './contents.ts'
import { type Packing, packFile, packFolder } from './packs.ts'

/**
 * Compose Specification §volumes of a service, bind mounts with a relative source: folders and files of the repository
 * at the revision. Docker would mount the folder beside the compose file and make one where there is none.
 */
export function repositoryMounts(service: Cursor, reading: Reading): ContentMount[] {
  if (!valueAt(service.node, 'volumes')) return []
  let points: MountPoint[] | undefined
  return (itemsOf(within(service, 'volumes')) ?? []).flatMap((at) => {
    const [source, written] = [textAt(at.node, 'source'), textAt(at.node, 'target')]
    if (textAt(at.node, 'type') !== 'bind' || written === undefined || !isOfRepository(source)) return []
    const target = cleanPath(written)
    points ??= mountPointsOf(service, reading.files)
    const { packing, files } = find(source, { files: reading.files, target, points })
    if ('problem' in packing) return fail(at, packing.problem) ?? []
    refuseTies(at)
    tell(at, { source, files, reading })
    return [{ kind: 'bind' as const, target, digest: reading.deliver(packing) }]
  })
}

interface Found {
  packing: Packing
  files: readonly SourceFile[]
}

interface Place {
  files: Files
  target: string
  points: MountPoint[]
}

function find(source: string, { files, target, points }: Place): Found {
  const folder = files.list(source)
  if (folder) return { packing: packFolder(folder, lackingIn(folder, target, points)), files: folder.files }
  const found = files.read(source)
  if ('problem' in found) {
    return { packing: { problem: found.missing ? absent(source, files) : found.problem }, files: [] }
  }
  return { packing: packFile(source, files), files: [found.file] }
}

function absent(source: string, files: Files): string {
  const module = submodules(files).find((path) => source === path || source.startsWith(`${path}/`))
  if (module !== undefined) return `${module} is a submodule, and files of submodules are not read`
  return `the repository has no ${source}; for data that the service writes declare a named volume, as in "data:/var/lib/data", or commit what is to be mounted`
}

/** There is nothing on the host that it could be tied to. */
function refuseTies(at: Cursor): void {
  const propagation = textAt(valueAt(at.node, 'bind'), 'propagation')
  if (propagation === undefined || /^r?private$/.test(propagation)) return
  fail(
    at,
    `${propagation} is for a folder of the host; what comes from the repository has no mounts below it`,
  )
}

interface Told {
  source: string
  files: readonly SourceFile[]
  reading: Reading
}

/** What a person may not expect of a mount that is right. */
function tell(at: Cursor, { source, files, reading }: Told): void {
  if (!reading.isToldReadOnly && textAt(at.node, 'read_only') !== 'true') {
    reading.isToldReadOnly = true
    notice(at, `${source} comes from the repository: it is mounted read-only, as is all of it; write ":ro"`)
  }
  if (source === '.')
    notice(at, 'mounts the whole repository: each commit that changes a file of it replaces the tasks')
  const pointer = files.find(isPointer)
  if (pointer)
    notice(at, `${pointer.path} is a pointer of Git LFS: the pointer is mounted, not what it stands for`)
  const open = openSecrets(reading).find((path) => files.some((file) => file.path === path))
  if (open !== undefined)
    notice(at, `${open} is a secret in the clear, and goes to the hosts as all of ${source}, not sealed`)
  const inside = source === '.' ? '' : `${source}/`
  const module = submodules(reading.files).find((path) => path.startsWith(inside))
  if (module !== undefined) notice(at, `${module} is a submodule: its files are not mounted`)
}

/** The files of the stack's secrets that their author has not encrypted. */
function openSecrets({ model, files }: Reading): string[] {
  if (!valueAt(model.node, 'secrets')) return []
  return (entriesOf(within(model, 'secrets')) ?? []).flatMap(([, at]) => {
    const path = textAt(at.node, 'file')
    const found = path === undefined ? undefined : files.read(path)
    if (!found || 'problem' in found) return []
    return secretFormat(found.bytes, found.file.path) === 'plain' ? [found.file.path] : []
  })
}

const POINTER = Buffer.from('version https://git-lfs.github.com/spec/v1\n')
const MAX_POINTER = 1024

function isPointer({ content }: SourceFile): boolean {
  return (
    content !== null && content.length <= MAX_POINTER && content.subarray(0, POINTER.length).equals(POINTER)
  )
}

/** The paths in `.gitmodules` (gitmodules(5)). */
function submodules(files: Files): string[] {
  const found = files.read('.gitmodules')
  if ('problem' in found) return []
  return [...found.bytes.toString('utf8').matchAll(/^\s*path\s*=\s*"?(.*?)"?\s*$/gm)].map(
    ([, path]) => path ?? '',
  )
}
