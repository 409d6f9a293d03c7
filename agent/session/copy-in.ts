import { constants } from 'node:fs'
import { type FileHandle, lchown, lutimes, mkdir, open, symlink, unlink } from 'node:fs/promises'
import { SetpointError } from '../../schemas/error.ts'
import { FRAME, type Frame, jsonOf } from '../../schemas/session/frames.ts'
import { CopyEntry } from '../../schemas/session/request.ts'
import { reader } from '../../schemas/validate.ts'
import { atPath, entryPath, type Place } from './confined.ts'
import type { Copying } from './copy-out.ts'
import { mountAt, type NewFile, newFile } from './new-file.ts'
import { type Owner, rootOf } from './root-ids.ts'

const checkEntry = reader(CopyEntry)
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * Takes entries and makes files of them, owned by the container's root. As with `cp -r`: what is copied goes into `path`
 * when that is a folder, else it becomes `path`. Below it no link is followed, and one that is in the way is replaced.
 */
export async function copyIn({ request, channel, root, pid }: Copying): Promise<void> {
  const owner = await rootOf(pid)
  await atPath(root, { path: request.path, followLast: true }, async (place) => {
    const base = await baseOf(place, request.name)
    const writer = createWriter({ ...base, owner })
    try {
      for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
        if (frame.type === FRAME.inputEnd) return await writer.finish()
        if (frame.type === FRAME.entry) await writer.begin(entryIn(frame))
        else if (frame.type === FRAME.input) await writer.write(frame.payload)
      }
      throw new SetpointError('COPY_FAILED', 'The copy broke off: what was being written is not whole.')
    } finally {
      await writer.close()
    }
  })
}

interface Base {
  folder: FileHandle
  /** What the first entry is called; undefined: it is `folder` itself. */
  name: string | undefined
}

async function baseOf({ parent, name, held }: Place, wanted: string | undefined): Promise<Base> {
  const isFolder = (await held?.stat())?.isDirectory() === true
  if (held !== undefined && isFolder) return { folder: held, name: wanted }
  return { folder: parent, name }
}

interface Writer {
  begin(entry: CopyEntry): Promise<void>
  write(bytes: Buffer): Promise<void>
  /** All has been sent. */
  finish(): Promise<void>
  /** What is not whole is removed. */
  close(): Promise<void>
}

function createWriter({ folder, name, owner }: Base & { owner: Owner }): Writer {
  let current: { file: NewFile; entry: CopyEntry } | undefined

  async function finish(): Promise<void> {
    if (current === undefined) return
    const { file, entry } = current
    await file.content.finish()
    await file.handle.chown(owner.uid, owner.gid)
    await file.handle.chmod(entry.mode & 0o777)
    await file.handle.utimes(new Date(), new Date(entry.modified))
    await file.finish()
    current = undefined
  }

  /** Every folder on the way is entered as a folder, never as a link. */
  async function within<T>(path: string, work: (parent: FileHandle, last: string) => Promise<T>): Promise<T> {
    const parts = [...(name === undefined ? [] : [name]), ...path.split('/').filter(Boolean)]
    const opened: FileHandle[] = []
    try {
      let parent = folder
      for (const part of parts.slice(0, -1)) {
        parent = await open(entryPath(parent, part), FOLDER)
        opened.push(parent)
      }
      return await work(parent, parts.at(-1) ?? '')
    } finally {
      await Promise.all(opened.map((handle) => handle.close()))
    }
  }

  return {
    async begin(entry) {
      await finish()
      if (entry.path === '' && name === undefined) return mustBeFolder(entry)
      await within(entry.path, async (parent, last) => {
        const path = entryPath(parent, last)
        if (entry.type === 'folder') await makeFolder(path, entry, owner)
        else if (entry.type === 'file') current = { file: await newFile(parent, last), entry }
        else {
          await mustNotBeMount(parent, last)
          await makeLink(path, entry, owner)
        }
      })
    },
    async write(bytes) {
      if (current === undefined) throw new SetpointError('COPY_FAILED', 'Bytes came that belong to no file.')
      await current.file.content.write(bytes)
    },
    finish,
    close: async () => void (await current?.file.discard()),
  }
}

async function makeFolder(path: string, { mode }: CopyEntry, { uid, gid }: Owner): Promise<void> {
  const isNew = await mkdir(path, { mode: mode & 0o777 }).then(
    () => true,
    (error) => ignore(error, 'EEXIST'),
  )
  const handle = await open(path, FOLDER)
  try {
    if (!isNew) return
    await handle.chown(uid, gid)
    await handle.chmod(mode & 0o777)
  } finally {
    await handle.close()
  }
}

async function makeLink(
  path: string,
  { target = '', modified }: CopyEntry,
  { uid, gid }: Owner,
): Promise<void> {
  await unlink(path).catch((error) => ignore(error, 'ENOENT'))
  await symlink(target, path)
  await lchown(path, uid, gid)
  await lutimes(path, new Date(), new Date(modified))
}

async function mustNotBeMount(parent: FileHandle, name: string): Promise<void> {
  const mounted = await mountAt(parent, name)
  if (mounted === undefined) return
  await mounted.close()
  throw new SetpointError('COPY_FAILED', `A link cannot take the place of ${name}, which is mounted.`)
}

function mustBeFolder({ type }: CopyEntry): void {
  if (type === 'folder') return
  throw new SetpointError('COPY_FAILED', 'Only the content of a folder can be copied without a name.')
}

function entryIn(frame: Frame): CopyEntry {
  const entry = checkEntry(jsonOf(frame))
  if (entry.ok) return entry.value
  throw new SetpointError('COPY_FAILED', `An entry came that is none: ${entry.message}.`)
}

function ignore(error: NodeJS.ErrnoException, code: string): false {
  if (error.code !== code) throw error
  return false
}
