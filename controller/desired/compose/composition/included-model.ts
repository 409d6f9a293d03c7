import { type Cursor, fail } from '../../cursor.ts'
import type { MapNode } from '../../yaml/node.ts'
import { setDefaults } from '../resolve/defaults.ts'
import type { Composing } from './composing.ts'
import { folderOf, locateFile, locateFolder, textsBelow } from './file-reference.ts'
import { includeVariables } from './include-variables.ts'
import { withNamesResolved } from './names.ts'

/** How many files may include one another in a row. */
const MAX_CHAIN = 50

/** The files of one item of `include` as one model; undefined when there is nothing in them, or after a problem. */
export function includedModel(at: Cursor, composing: Composing): MapNode | undefined {
  const place = placeOf(at, composing)
  if (!place) composing.state.isIncomplete = true
  const model = place && modelAt(at, place)
  return model && composing.budget.take(model, at) ? model : undefined
}

/** Where what is included stands, and what it goes by. */
interface Included {
  paths: string[]
  composing: Composing
}

function placeOf(at: Cursor, composing: Composing): Included | undefined {
  const paths = pathsOf(at, composing)
  const directory = directoryOf(at, paths?.[0] ?? '', composing)
  if (!paths || directory === undefined) return undefined
  const scope = includeVariables(at, directory, composing)
  return scope && { paths, composing: { ...composing, ...scope, directory } }
}

function pathsOf(at: Cursor, composing: Composing): string[] | undefined {
  const named = textsBelow(at, 'path')
  if (named.length === 0) return fail(at, 'needs the file to include: path')
  const paths = named.map((file) => pathOf(file, composing))
  return paths.every((path) => path !== undefined) ? paths : undefined
}

function pathOf(at: Cursor, composing: Composing): string | undefined {
  const path = locateFile(at, composing)
  const { including } = composing
  if (path === undefined) return undefined
  if (including.includes(path)) {
    const round = [...including.slice(including.indexOf(path)), path]
    return fail(at, `circular include: ${round.join(' includes ')}`)
  }
  if (including.length < MAX_CHAIN) return path
  return fail(at, `more than ${MAX_CHAIN} files include one another in a row`)
}

/** The project directory: what is given, else the folder of the first file. */
function directoryOf(at: Cursor, path: string, composing: Composing): string | undefined {
  const [given] = textsBelow(at, 'project_directory')
  return given ? locateFolder(given, composing) : folderOf(path)
}

function modelAt(at: Cursor, { paths, composing }: Included): MapNode | undefined {
  const { models } = composing.known
  const key = JSON.stringify([composing.directory, ...paths])
  if (models.has(key)) return models.get(key)
  if (!paths.every(() => composing.budget.takeFile(at))) return undefined
  for (const path of paths) composing.included.add(path)
  const model = composing.composeFiles(paths, composing)
  const resolved = model && setDefaults(withNamesResolved(model, composing.variables), composing)
  models.set(key, resolved)
  return resolved
}
