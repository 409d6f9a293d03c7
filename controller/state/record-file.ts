import { lstat, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { digest } from '../../schemas/canonical.ts'
import { type Revision, StackRecord } from '../../schemas/record.ts'
import { type Read, reader } from '../../schemas/validate.ts'
import { isCode } from './files.ts'

/** The largest record that is read, in bytes. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024

const SUFFIX = '.json'
/** File systems take 255 bytes of a name. */
const LONGEST = 180

const recordIn = reader(StackRecord)

/** The file of a stack's record: its name with everything that means something to a file system escaped. */
export function fileName(stack: string): string {
  const escaped = encodeURIComponent(stack.toWellFormed()).replace(/[.!'()*~]/g, escapeCharacter)
  if (escaped.length <= LONGEST) return escaped + SUFFIX
  return `${escaped.slice(0, LONGEST - 41)}~${digest(stack, 40)}${SUFFIX}`
}

export function isRecordFile(name: string): boolean {
  return name.endsWith(SUFFIX)
}

/** The record in a file, or what is wrong with it. */
export async function readRecord(folder: string, name: string): Promise<Read<StackRecord>> {
  const path = join(folder, name)
  const { size } = await lstat(path)
  if (size > MAX_RECORD_BYTES) return bad(`it has ${size} bytes, more than ${MAX_RECORD_BYTES}`)
  const written = parsed(await readFile(path, 'utf8'))
  const record = recordIn(written)
  if (!record.ok) return record
  if (fileName(record.value.name) !== name) return bad(`it is the record of ${record.value.name}`)
  return { ...record, value: withWholeSpecs(record.value, written as StackRecord) }
}

/**
 * With the specs as they were written: a digest stands for all of a spec, so what only a later controller knows of it goes
 * to the hosts, and back into the record, as it came.
 */
function withWholeSpecs(record: StackRecord, written: StackRecord): StackRecord {
  const { accepted, healthy, previous, rollout } = record
  return {
    ...record,
    accepted: accepted && whole(accepted, written.accepted),
    healthy: healthy && whole(healthy, written.healthy),
    previous: previous.map((each, index) => whole(each, written.previous[index])),
    rollout: rollout && { ...rollout, to: whole(rollout.to, written.rollout?.to) },
  }
}

function whole(known: Revision, written: Revision | null | undefined): Revision {
  return { ...known, spec: written?.spec ?? known.spec }
}

/** Renames a file that cannot be read, so that it is kept for a person to look at; gives the new name. */
export async function setAside(folder: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const aside = `${name}.damaged-${n}`
    if (await exists(join(folder, aside))) continue
    await rename(join(folder, name), join(folder, aside))
    return aside
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Undefined, which no schema takes, for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function bad(message: string): Read<never> {
  return { ok: false, message }
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
