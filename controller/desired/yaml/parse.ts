import { Composer, type CST, type Document, LineCounter } from 'yaml'
import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, errorIn, note, noteAll } from '../problems.ts'
import { lineAfter, withoutMark } from '../text.ts'
import { type Converting, convert } from './convert.ts'
import { type Extent, excess, extentOf } from './extent.ts'
import { settleListTags } from './list-tags.ts'
import { foldMergeKeys } from './merge-keys.ts'
import { isNull, type Node } from './node.ts'
import { type Source, syntaxProblems } from './syntax.ts'
import { tokenize } from './tokens.ts'

/** The most YAML documents of a file: each is merged over all before it. */
export const MAX_DOCUMENTS = 100

export interface Parsed {
  /** One tree a YAML document, merge keys folded in; also what could be read of a file with problems. Empty ones are left out. */
  documents: Node[]
  /** The YAML itself is wrong, so what was read is not what was meant; only the name is worth a look. */
  isBroken: boolean
  problems: Problem[]
}

/**
 * YAML text to a tree of values with their places. Never throws.
 * Caps (docs/laws.md, 11): depth, tokens, documents, and values and bytes of all documents after expansion of aliases,
 * each with a problem of its own.
 */
export function parse(file: string, content: string): Parsed {
  const text = withoutMark(content)
  const lines = linesOf(text)
  const tokens = tokenize(text)
  if (typeof tokens === 'string') return unparsed(file, tokens)
  const documents = withoutStacks(() => compose(tokens, text.length))
  if (documents.length > MAX_DOCUMENTS) return unparsed(file, `has more than ${MAX_DOCUMENTS} YAML documents`)
  return assemble(documents, { text, place })

  function place(offset: number) {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
}

/** Where lines begin. The parser does not count those within what it cannot make sense of. */
function linesOf(text: string): LineCounter {
  const lines = new LineCounter()
  for (let start = 0; start >= 0; start = lineAfter(text, start)) lines.addNewLine(start)
  return lines
}

// Plain scalars are resolved in scalar.ts, and unique keys in convert.ts, where it is not quadratic.
const OPTIONS = {
  version: '1.2',
  schema: 'failsafe',
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const

/** The documents up to the first that has errors, or to one too many. */
function compose(tokens: CST.Token[], end: number): Document.Parsed[] {
  const documents: Document.Parsed[] = []
  for (const document of new Composer(OPTIONS).compose(tokens, false, end)) {
    documents.push(document)
    if (document.errors.length > 0 || documents.length > MAX_DOCUMENTS) break
  }
  return documents
}

/** A file may have an error in every second byte, and to keep the stack of each takes seconds. */
function withoutStacks<T>(work: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function unparsed(file: string, message: string): Parsed {
  return { documents: [], isBroken: true, problems: [errorIn(file, message)] }
}

function assemble(documents: Document.Parsed[], source: Source): Parsed {
  const syntax = syntaxProblems(documents, source)
  const problems: Problem[] = []
  const converting = { ...source, extents: new Map() }
  const total = { values: 0, bytes: 0, depth: 0 }
  const roots = documents.flatMap(({ contents }) => {
    if (!contents || excess(total)) return []
    const converted = convert(contents, converting)
    noteAll(problems, converted.problems)
    if (!converted.root || isNull(converted.root)) return []
    if (exceeds(converted.root, total, converting)) note(problems, tooMuch(converted.root, total))
    return [tidied(converted.root, problems)]
  })
  if (syntax.length > 0) return { documents: roots, isBroken: true, problems: syntax }
  return { documents: excess(total) ? [] : roots, isBroken: false, problems }
}

/** Adds a document to the total of its file. */
function exceeds(root: Node, total: Extent, { extents }: Converting): boolean {
  const { values, bytes } = extentOf(root, extents)
  total.values += values
  total.bytes += bytes
  return excess(total) !== undefined
}

function tooMuch(root: Node, total: Extent): Problem {
  return errorAt(root.at, '', `all documents together have more than ${excess(total)}`)
}

function tidied(root: Node, problems: Problem[]): Node {
  const folded = foldMergeKeys(root)
  const settled = settleListTags(folded.root)
  noteAll(problems, folded.problems)
  noteAll(problems, settled.problems)
  return settled.root
}
