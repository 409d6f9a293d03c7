import type { Problem } from '../../../../schemas/problem.ts'
import { errorAt, errorIn, noticeAt } from '../../problems.ts'
import { isNull, type Node, quote, type ScalarNode, scalarText, valueAt } from '../../yaml/node.ts'
import type { Unset } from './fill-in.ts'
import { type Lookup, metered, substitute } from './template.ts'

/** The name where there is nothing at all to take one from. */
export const LAST_NAME = 'root'

export interface NameInputs {
  /** What was asked for by name. */
  given?: string | undefined
  /** What asks for a name, where that is no file: `-p`. A wrong name is told of it, and else of the first file. */
  askedBy?: string | undefined
  /** All documents of all files, the later over the earlier. */
  documents: readonly Node[]
  /** A file could not be read as a whole, so a `name:` may have been missed. */
  isBroken: boolean
  variables: Lookup
  unset: Unset
  /** The name that the folder gives, already normalised; empty where it gives none. */
  fallback: string
}

export interface ProjectName {
  name: string
  /** The files could not be read far enough to tell the name: it is only the fallback, and the project may be known under another. */
  guessed: boolean
  problems: Problem[]
}

/**
 * The project's name (Compose Specification §Name top-level element): the one given, else `COMPOSE_PROJECT_NAME`, else
 * the last `name:` of the files, else the folder's. What is wrong with the variables in `name:` is told when the file
 * is read with the rest.
 */
export function projectName(inputs: NameInputs): ProjectName {
  const asked = inputs.given || inputs.variables('COMPOSE_PROJECT_NAME')
  if (asked) return askedName(asked, inputs)
  const written = inputs.documents.findLast(hasName)
  return (
    (written && writtenName(valueAt(written, 'name'), inputs)) ?? folderName(inputs, written !== undefined)
  )
}

function askedName(asked: string, { askedBy, documents, fallback }: NameInputs): ProjectName {
  const name = normaliseName(asked)
  if (name === asked) return { name, guessed: false, problems: [] }
  const why = noProjectName(asked)
  const problem = askedBy ? errorIn('', `${askedBy} ${why}`) : errorIn(fileOf(documents), why)
  return { name: name || fallback || LAST_NAME, guessed: true, problems: [problem] }
}

/** Why a text is no name of a project. */
export function noProjectName(text: string): string {
  return `${quote(text)} is no project name: ${RULE}`
}

const RULE = 'only lower case letters, digits, - and _, beginning with a letter or digit, at most 63'

function hasName(document: Node): boolean {
  const name = valueAt(document, 'name')
  return name !== undefined && !isNull(name) && !(name.kind === 'scalar' && name.text === '')
}

/** The name that a file gives; undefined when it cannot be told. */
function writtenName(
  node: Node | undefined,
  { variables, unset, fallback }: NameInputs,
): ProjectName | undefined {
  if (node?.kind !== 'scalar') return undefined
  const filled = substitute(
    scalarText(node),
    metered(variables, () => {}),
  )
  if (filled.errors.length > 0 || (unset === 'error' && filled.unset.length > 0)) return undefined
  const name = normaliseName(filled.text)
  if (name === '') return filled.text === '' ? undefined : empty(node, filled.text, fallback)
  return { name, guessed: false, problems: changed(node, filled.text, name) }
}

function empty(node: ScalarNode, written: string, fallback: string): ProjectName {
  const message = `${quote(written)} has no letter or digit to make a name of`
  return { name: fallback || LAST_NAME, guessed: true, problems: [errorAt(node.at, 'name', message)] }
}

function changed(node: ScalarNode, written: string, name: string): Problem[] {
  if (name === written) return []
  return [noticeAt(node.at, 'name', `the stack is called ${name}: lower case letters, digits, - and _`)]
}

function folderName({ documents, isBroken, fallback }: NameInputs, isWritten: boolean): ProjectName {
  const guessed = isWritten || isBroken || documents[0]?.kind !== 'map'
  const problems = []
  if (fallback === '' && !guessed) problems.push(errorIn(fileOf(documents), NAMELESS))
  return { name: fallback || LAST_NAME, guessed: guessed || fallback === '', problems }
}

const NAMELESS = 'the stack in the root folder of a source needs a name; write name: at the top'

function fileOf([first]: readonly Node[]): string {
  return first?.at.file ?? ''
}

/** The variables with `COMPOSE_PROJECT_NAME` among them, whose value is the project's name. */
export function withProjectName(variables: Lookup, name: string): Lookup {
  return (variable) => (variable === 'COMPOSE_PROJECT_NAME' ? name : variables(variable))
}

/** A project name as Compose makes it: lower case, without what is not `a-z0-9_-`, starting with a letter or digit. */
export function normaliseName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')
    .slice(0, 63)
}
