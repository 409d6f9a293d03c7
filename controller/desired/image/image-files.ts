import { posix } from 'node:path'
import type { ImageFile } from '../../../schemas/image.ts'
import { type Cursor, entriesOf, expected, fail, fields, itemsOf } from '../cursor.ts'
import { defined } from '../defined.ts'
import type { Files } from '../files/files.ts'
import { sortBy } from '../order.ts'
import { checkContainerPath, containerPath, fileMode, filled, text } from '../spec/values.ts'

/** All files of an image spec together: they travel inside a job. */
const MAX_IMAGE_FILES_BYTES = 1024 * 1024

interface FileDraft {
  path?: string
  content?: string
  source?: Source
  mode?: number
  owner?: { uid: number; gid: number }
}

interface Source {
  bytes: Buffer
  isExecutable: boolean
}

/** `files` of an image spec: a map by path in the image, or a list with `path`. Sorted by path. */
export function imageFiles(at: Cursor, files: Files): ImageFile[] | undefined {
  const drafts = at.node.kind === 'list' ? fromList(at, files) : fromMap(at, files)
  if (!drafts) return undefined
  const byPath = new Map<string, ImageFile>()
  let bytes = 0
  for (const { draft, at: place } of drafts) {
    bytes += bytesOf(draft).length
    // A short line may name a large file, and thousands of them are not held as text.
    if (bytes > MAX_IMAGE_FILES_BYTES) return fail(at, TOO_LARGE)
    const file = finish(draft, place)
    if (!file) continue
    if (byPath.has(file.path)) fail(place, `${file.path} stands twice`)
    byPath.set(file.path, file)
  }
  return sortBy([...byPath.values()], ({ path }) => path)
}

const TOO_LARGE = `the files have more than ${MAX_IMAGE_FILES_BYTES} bytes; put large content into the base image`

function bytesOf({ source, content = '' }: FileDraft): Buffer {
  return source?.bytes ?? Buffer.from(content, 'utf8')
}

interface DraftAt {
  draft: FileDraft
  at: Cursor
}

function fromList(at: Cursor, files: Files): DraftAt[] | undefined {
  return itemsOf(at)?.map((item) => ({ draft: oneFile(item, files), at: item }))
}

/** Path to a mapping, or to the content alone. */
function fromMap(at: Cursor, files: Files): DraftAt[] | undefined {
  return entriesOf(at, 'a mapping or a list of files')?.map(([key, inner]) => {
    const path = checkContainerPath(inner, key)
    const isContent = inner.node.kind === 'scalar' && inner.node.value !== null
    const draft = isContent ? defined({ content: text(inner) }) : oneFile(inner, files)
    return { draft: { ...draft, ...defined({ path }) }, at: inner }
  })
}

function oneFile(at: Cursor, files: Files): FileDraft {
  return fields(at, {
    path: containerPath,
    content: text,
    source: (inner) => source(inner, files),
    mode: fileMode,
    owner,
  })
}

function finish(draft: FileDraft, at: Cursor): ImageFile | undefined {
  const has = (key: string) => at.node.kind === 'map' && at.node.entries.has(key)
  if (draft.path === undefined) return at.node.kind === 'map' && !has('path') ? lacksPath(at) : undefined
  if (draft.path === '/') return fail(at, '/ is no file')
  if (draft.content !== undefined && draft.source) return fail(at, 'has both content and source; keep one')
  if (draft.content === undefined && !draft.source) {
    return has('content') || has('source')
      ? undefined
      : fail(at, 'needs a content, or a source in the repository')
  }
  return {
    path: draft.path,
    content: bytesOf(draft).toString('base64'),
    mode: draft.mode ?? (draft.source?.isExecutable ? 0o755 : 0o644),
    ...(draft.owner ?? { uid: 0, gid: 0 }),
  }
}

/** In the map form the key is the path, and has had its problem. */
function lacksPath(at: Cursor): undefined {
  return at.path.endsWith(']') ? fail(at, 'needs a path, where the file stands in the image') : undefined
}

/** A file of the repository, relative to the image spec. */
function source(at: Cursor, files: Files): Source | undefined {
  const value = filled(at)
  if (value === undefined) return undefined
  if (posix.isAbsolute(value)) {
    return fail(at, `${value} is absolute; name a file of the repository, relative to this one`)
  }
  const found = files.read(posix.join(posix.dirname(at.node.at.file), '.', value))
  if ('problem' in found) return fail(at, found.problem)
  return { bytes: found.bytes, isExecutable: found.file.kind === 'executable' }
}

function owner(at: Cursor): { uid: number; gid: number } | undefined {
  const match = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(text(at) ?? '')
  if (!match) return expected(at, 'an owner by number, as in "1000:1000"')
  return { uid: Number(match[1]), gid: Number(match[2] ?? match[1]) }
}
