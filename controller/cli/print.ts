import type { Context } from './context.ts'
import type { Output } from './options/arguments.ts'

interface Printed {
  output: Output
  /** What people read of the document. */
  lines: () => string[]
}

/** Prints a document: as JSON, just as the API gives it, or as lines for people. */
export function printDocument(context: Context, document: object, { output, lines }: Printed): void {
  if (output === 'json') context.out(JSON.stringify(document, null, 2))
  else for (const line of lines()) context.out(line)
}
