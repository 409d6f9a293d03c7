import type { Stats } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createOneByOne } from '../../../schemas/common/one-by-one.ts'
import { absent } from '../../disk.ts'

/** The file that conmon writes, in the folder of its task. */
export const LOG = 'log'
/** A second name of `log`; once conmon has put another file in that place, it is the only one of the file before. */
export const HELD = `${LOG}.0`

export interface LogFile {
  path: string
  id: FileId
  size: number
}

/** Which file it is, whatever it is called by now. */
export type FileId = string

/** A place in a log that is kept in several files. */
export interface LogPlace {
  id: FileId
  offset: number
}

const HELD_NUMBER = 0.5
const CHUNK = 64 * 1024
/** However long the lines are, no more bytes of a log than this are looked through for its last lines. */
const MAX_BACK = 64 * 1024 * 1024
const NEWLINE = 10
const SPACE = 32
const FULL = 70 // F

/** While the files of a folder get their numbers nobody looks at them: one would be taken for another, or for none. */
export const exclusively = createOneByOne()

/** The files of a log, each once, the oldest first: `log.2`, `log.1`, `log`. None when there is no log yet. */
export function logFiles(folder: string): Promise<LogFile[]> {
  return exclusively(folder, () => numberedFiles(folder))
}

/** The same, for whoever works on the folder alone. */
export async function numberedFiles(folder: string): Promise<LogFile[]> {
  const names = (await readdir(folder).catch(absent)) ?? []
  const numbered = names.flatMap((name) => numberOf(name) ?? []).sort((a, b) => b - a)
  const paths = numbered.map((number) => join(folder, nameOf(number)))
  const found = await Promise.all(paths.map(lookAt))
  const files = found.filter((file) => file !== undefined)
  return files.filter(({ id }, index) => files.findLastIndex((file) => file.id === id) === index)
}

/** `log` is 0, `log.1` is 1, the held file between them; undefined for what is no file of a log. */
export function numberOf(name: string): number | undefined {
  if (name === HELD) return HELD_NUMBER
  const number = name === LOG ? '0' : /^log\.([1-9]\d{0,3})$/.exec(name)?.[1]
  return number === undefined ? undefined : Number(number)
}

export function nameOf(number: number): string {
  if (number === HELD_NUMBER) return HELD
  return number === 0 ? LOG : `${LOG}.${number}`
}

/**
 * Where the last `tail` lines of a log begin; its beginning when it has no more, undefined when there is no log.
 * @param maxBack bytes that are looked through at most
 */
export async function tailPlace(
  files: LogFile[],
  tail: number,
  maxBack = MAX_BACK,
): Promise<LogPlace | undefined> {
  let wanted = tail
  let looked = 0
  for (const file of files.toReversed()) {
    const handle = await open(file.path, 'r').catch(absent)
    if (handle === undefined) continue
    try {
      const { offset, lines } = await backFrom(handle, { wanted, size: file.size, maxBack: maxBack - looked })
      wanted -= lines
      looked += file.size - offset
      if (wanted <= 0 || looked >= maxBack) return { id: file.id, offset }
    } finally {
      await handle.close()
    }
  }
  return files[0] && { id: files[0].id, offset: 0 }
}

/** Goes back over so many whole lines from where a file ended, `size` bytes in; over all when it has fewer. */
async function backFrom(
  handle: FileHandle,
  { wanted, size, maxBack }: { wanted: number; size: number; maxBack: number },
): Promise<{ offset: number; lines: number }> {
  let position = size
  let text = Buffer.alloc(0)
  if (wanted <= 0) return { offset: size, lines: 0 }
  while (position > 0) {
    const length = Math.min(Math.max(CHUNK, text.length), position)
    position -= length
    const chunk = Buffer.alloc(length)
    const { bytesRead } = await handle.read(chunk, 0, length, position)
    text = Buffer.concat([chunk.subarray(0, bytesRead), text])
    const ends = lineEnds(text, position > 0)
    if (ends.length > wanted) return { offset: position + (ends.at(-wanted - 1) ?? 0), lines: wanted }
    if (size - position >= maxBack) return { offset: position + (ends[0] ?? 0), lines: wanted }
  }
  return { offset: 0, lines: lineEnds(text, false).length }
}

/** Where each whole line ends, with its newline: `P` parts do not end one. The flag stands right after the stream. */
function lineEnds(text: Buffer, beginsAnywhere: boolean): number[] {
  const ends: number[] = []
  let start = beginsAnywhere ? text.indexOf(NEWLINE) + 1 : 0
  for (let end = text.indexOf(NEWLINE, start); end !== -1; end = text.indexOf(NEWLINE, start)) {
    if (text[text.indexOf(SPACE, start) + ' stdout '.length] === FULL) ends.push(end + 1)
    start = end + 1
  }
  return ends
}

/** The inode and its time of birth: a file system gives the number of a removed file to the next new one. */
export function fileId({ ino, birthtimeMs }: Stats): FileId {
  return `${ino} ${birthtimeMs}`
}

/** The file of that name; undefined when there is none. */
export async function lookAt(path: string): Promise<LogFile | undefined> {
  const found = await stat(path).catch(absent)
  return found?.isFile() ? { path, id: fileId(found), size: found.size } : undefined
}
