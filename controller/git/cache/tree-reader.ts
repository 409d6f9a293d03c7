import { shared } from '../../../schemas/common/shared.ts'
import { SetpointError } from '../../../schemas/error.ts'
import { shortRevision } from '../../../schemas/revision.ts'
import type { SourceFile, SourceTree } from '../../../schemas/source.ts'
import { GitFailure } from '../call/git.ts'
import { isRead, type Listed, parseListing, tooLarge } from '../listing.ts'
import type { ObjectCache } from './object-cache.ts'

export interface TreeReaderOptions {
  /** For messages: where the tree comes from. */
  display: string
  objects: ObjectCache
  /** Object databases on this machine to read from as well. */
  alternates(): string[]
  fetch(revision: string): Promise<void>
  /** Makes the cache anew and fetches. */
  refetch(revision: string): Promise<void>
}

export type TreeReader = (revision: string, directory: string) => Promise<SourceTree>

/**
 * Reads trees at a revision from the object database, never from a work tree: from what is here; if that fails
 * after a fetch; if that fails too from a cache made anew. Contents that the tree before had are not read again.
 */
export function treeReader(options: TreeReaderOptions): TreeReader {
  const { objects, display } = options
  const last = new Map<string, SourceTree>()
  const once = shared<SourceTree>()

  async function read(revision: string, directory: string): Promise<SourceTree> {
    const before = last.get(directory)
    if (before?.revision === revision) return before
    const tree = await once(`${revision}:${directory}`, () => attempt(revision, directory))
    last.set(directory, tree)
    return tree
  }

  async function attempt(revision: string, directory: string): Promise<SourceTree> {
    let failure: unknown
    for (const prepare of [async () => {}, options.fetch, options.refetch]) {
      try {
        await prepare(revision)
        return await assemble(revision, directory)
      } catch (error) {
        if (isFinal(error)) throw error
        failure = error
      }
    }
    throw failure
  }

  async function assemble(revision: string, directory: string): Promise<SourceTree> {
    const alternates = options.alternates()
    const files = await list(revision, directory, alternates)
    const kept = keptContents()
    const wanted = files.filter((file) => isRead(file) && !kept.has(file.hash)).map((file) => file.hash)
    const fresh = await objects.contents(revision, [...new Set(wanted)], alternates)
    const contentOf = (file: Listed) => (isRead(file) ? contentIn([kept, fresh], file) : null)
    const withContent = files.map((file): SourceFile => ({ ...file, content: contentOf(file) }))
    return { revision, files: new Map(withContent.map((file) => [file.path, file])) }
  }

  async function list(revision: string, directory: string, alternates: string[]): Promise<Listed[]> {
    const where = directory === '' ? display : `${display} (folder ${directory})`
    const output = await objects.list(revision, directory, alternates).catch((error) => {
      throw error instanceof GitFailure && error.reason === 'output'
        ? tooLarge(`The list of files of ${where} is longer than Setpoint reads`)
        : error
    })
    const files = parseListing(output, directory, where)
    if (output === '' && directory !== '') throw noDirectory(directory, revision)
    return files
  }

  function noDirectory(directory: string, revision: string): SetpointError {
    const message = `${display} has no folder ${directory} at ${shortRevision(revision)}.`
    return new SetpointError('SOURCE_INVALID', message, {
      hint: 'Correct the folder in the source (…#BRANCH:DIR), or commit it again.',
    })
  }

  function keptContents(): Map<string, Buffer> {
    const files = [...last.values()].flatMap((tree) => [...tree.files.values()])
    return new Map(files.flatMap(({ hash, content }) => (content === null ? [] : [[hash, content]])))
  }

  return read
}

function contentIn(sources: Map<string, Buffer>[], file: Listed): Buffer {
  const content = sources.map((source) => source.get(file.hash)).find((found) => found !== undefined)
  if (content === undefined) throw new Error(`git gave no content of ${file.path}`)
  return content
}

/** Only what git itself could not find or read in the database here is worth another attempt. */
function isFinal(error: unknown): boolean {
  return error instanceof SetpointError || (error instanceof GitFailure && error.reason !== 'exit')
}
