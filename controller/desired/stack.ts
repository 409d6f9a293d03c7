import { posix } from 'node:path'
import type { Problem } from '../../schemas/problem.ts'
import type { StackSpec } from '../../schemas/stack.ts'
import { parseDotenv } from './compose/dotenv.ts'
import { interpolate } from './compose/interpolate.ts'
import { expand, type Lookup, MAX_EXPANDED, metered, TemplateError } from './compose/template.ts'
import { type Cursor, fail } from './cursor.ts'
import type { StackFile } from './discover.ts'
import type { Files } from './files.ts'
import { type Catalog, resolveImages } from './image/images.ts'
import { errorIn, hasErrors, noticeAt, tidy } from './report.ts'
import { build } from './spec/build.ts'
import { labels as stringMap } from './spec/mappings.ts'
import { declaredVariables, normalise, normaliseName } from './spec/normalise.ts'
import { validate } from './spec/validate.ts'
import type { Node } from './yaml/node.ts'
import { parse } from './yaml/parse.ts'

export interface LoadedStack {
  name: string
  /** Path inside the source. */
  file: string
  /** Null when a problem is an error: the last accepted state stays in force. */
  spec: StackSpec | null
  problems: Problem[]
  /**
   * True when the file could not be read far enough to tell its name, so that `name` is only the folder's. The stack
   * may be known under another name: while one is guessed, no stack of this source may be taken for removed.
   */
  guessed: boolean
}

export interface StackInputs {
  files: Files
  catalog: Catalog
  /** The settings of the source. */
  variables: Record<string, string>
}

/** One stack file to its canonical spec: parse → interpolate → merge → normalise → validate → build. */
export function loadStack(file: StackFile, inputs: StackInputs): LoadedStack {
  const problems: Problem[] = file.others.map((other) => unread(file, other))
  const { root, isBroken } = readRoot(file, inputs.files, problems)
  const lookup = variablesOf(file, { ...inputs, root, problems })
  const { name, guessed } = nameOf(file, { root, lookup, problems })
  const spec = isBroken || !root ? null : specOf(root, { name, lookup, catalog: inputs.catalog, problems })
  const isGood = spec && !hasErrors(problems)
  return { name, file: file.path, spec: isGood ? spec : null, problems: tidy(problems), guessed }
}

function unread(file: StackFile, other: string): Problem {
  const message = `${other} beside it is not read; put what it says into this file`
  return noticeAt({ file: file.path, line: 0, column: 0 }, '', message)
}

function readRoot(
  { path }: StackFile,
  files: Files,
  problems: Problem[],
): { root: Node | null; isBroken: boolean } {
  const found = files.read(path)
  if ('problem' in found) {
    problems.push(errorIn(path, found.problem))
    return { root: null, isBroken: true }
  }
  const parsed = parse(path, found.bytes.toString('utf8'))
  problems.push(...parsed.problems)
  const [root = null] = parsed.documents
  if (!root && parsed.problems.length === 0) problems.push(errorIn(path, 'the file is empty'))
  return { root, isBroken: parsed.isBroken }
}

interface VariableInputs extends StackInputs {
  root: Node | null
  problems: Problem[]
}

/** The variables of a stack: `.env` of its folder, over it `x-setpoint.variables`, over both the settings of the source. */
function variablesOf(file: StackFile, { files, variables, root, problems }: VariableInputs): Lookup {
  const settings: Lookup = (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined)
  const dotenv = readDotenv(posix.join(file.folder, '.env'), files, settings)
  problems.push(...dotenv.problems)
  const outer: Lookup = (name) => settings(name) ?? dotenv.variables.get(name)
  const declared = root ? readDeclared(root, outer, problems) : {}
  return (name) =>
    settings(name) ?? (Object.hasOwn(declared, name) ? declared[name] : dotenv.variables.get(name))
}

function readDotenv(path: string, files: Files, outer: Lookup) {
  const found = files.read(path)
  if (!('problem' in found)) return parseDotenv(path, found.bytes.toString('utf8'), outer)
  const problems = found.missing ? [] : [errorIn(path, found.problem)]
  return { variables: new Map<string, string>(), problems }
}

function readDeclared(root: Node, outer: Lookup, problems: Problem[]): Record<string, string> {
  const declared = declaredVariables(root)
  if (!declared) return {}
  const filled = interpolate(declared, { variables: outer, unset: 'error', path: 'x-setpoint.variables' })
  problems.push(...filled.problems)
  if (!filled.root) return {}
  // What is wrong with the mapping itself is told when x-setpoint is read with the rest.
  return stringMap({ node: filled.root, path: '', problems: [], key: declared.at }) ?? {}
}

interface NameInputs {
  root: Node | null
  lookup: Lookup
  problems: Problem[]
}

function nameOf(file: StackFile, { root, lookup, problems }: NameInputs): { name: string; guessed: boolean } {
  const written = root?.kind === 'map' ? root.entries.get('name')?.value : undefined
  const own = written?.kind === 'scalar' ? normaliseName(expanded(written.text, lookup)) : ''
  if (own !== '') return { name: own, guessed: false }
  const guessed = written !== undefined || root?.kind !== 'map' || hasErrors(problems)
  if (file.fallback === '' && !guessed) {
    problems.push(
      errorIn(file.path, 'the stack in the root folder of a source needs a name; write name: at the top'),
    )
  }
  return { name: file.fallback || 'root', guessed: guessed || file.fallback === '' }
}

function expanded(text: string, lookup: Lookup): string {
  try {
    return expand(text, lookup)
  } catch (error) {
    if (error instanceof TemplateError) return ''
    throw error
  }
}

interface SpecInputs {
  name: string
  lookup: Lookup
  catalog: Catalog
  problems: Problem[]
}

function specOf(parsed: Node, { name, lookup, catalog, problems }: SpecInputs): StackSpec | null {
  const withName: Lookup = (variable) => (variable === 'COMPOSE_PROJECT_NAME' ? name : lookup(variable))
  const filled = interpolate(parsed, { variables: withName, unset: 'error' })
  problems.push(...filled.problems)
  if (!filled.root) return null
  const root = filled.root
  const at: Cursor = { node: root, path: '', problems, key: root.at }
  const named = metered(withName, () =>
    fail(at, `has more than ${MAX_EXPANDED} bytes once the variables that it names are filled in`),
  )
  const draft = normalise(at, named)
  if (!draft) return null
  validate(draft)
  const images = resolveImages(draft, catalog)
  return hasErrors(problems) ? null : build({ name, draft, images })
}
