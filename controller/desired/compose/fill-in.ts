import type { Problem } from '../../../schemas/problem.ts'
import { errorAt, note, noticeAt } from '../report.ts'
import type { Place } from '../yaml/node.ts'
import { type Lookup, MAX_EXPANDED, substitute } from './template.ts'

/** What a variable without a value and a default is: a problem, or a blank text with a notice. */
export type Unset = 'error' | 'blank'

export interface Variables {
  variables: Lookup
  unset: Unset
}

/** A text at its place with its variables filled in; undefined after a problem has been noted. */
export type FillIn = (text: string, at: Place, path: string) => string | undefined

/**
 * Fills in the texts of one file (Compose Specification §Interpolation). Of a variable that counts as blank there is
 * one notice, and all texts together may grow to `MAX_EXPANDED` characters.
 */
export function createFillIn({ variables, unset }: Variables, problems: Problem[]): FillIn {
  const told = new Set<string>()
  let left = MAX_EXPANDED
  return (text, at, path) => {
    if (left < 0) return undefined
    const filled = substitute(text, variables)
    left -= filled.text.length
    if (left < 0) return refuse(['the file is too long once its variables are filled in'])
    if (filled.errors.length > 0) return refuse(filled.errors)
    if (unset === 'error' && filled.unset.length > 0)
      return refuse(filled.unset.map((name) => unsetError(name, text)))
    for (const name of filled.unset) tellOnce(name)
    return filled.text

    function refuse(messages: string[]): undefined {
      for (const message of messages) note(problems, errorAt(at, path, message))
    }

    function tellOnce(name: string): void {
      if (!told.has(name)) note(problems, noticeAt(at, path, unsetNotice(name, text)))
      told.add(name)
    }
  }
}

function unsetError(name: string, text: string): string {
  if (looksLikeHash(text)) return `variable ${name} is not set; ${HASH}`
  return `variable ${name} is not set; ${WHERE_TO_SET}, give a default as in \${${name}:-default}, or write $$ for a literal $`
}

function unsetNotice(name: string, text: string): string {
  return `variable ${name} is not set; it counts as blank${looksLikeHash(text) ? `: ${HASH}` : ''}`
}

/** Where a variable of a stack may get its value. */
export const WHERE_TO_SET = `set it in the stack's .env, under x-setpoint.variables or in the settings of the source`
const HASH = 'in what looks like a password hash, write $$ for each $'

/** Whether a text has the beginning of a password hash as crypt(5), Apache and Argon2 write it. */
function looksLikeHash(text: string): boolean {
  return /(?<!\$)\$(?:[1567y]|2[abxy]?|gy|apr1|argon2(?:id|i|d)|scrypt)\$(?!\$)/.test(text)
}
