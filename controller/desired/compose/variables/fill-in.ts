import type { Problem } from '../../../../schemas/problem.ts'
import { errorAt, note, noticeAt } from '../../problems.ts'
import type { Place } from '../../yaml/node.ts'
import { type Lookup, metered, type Substituted, substitute } from './template.ts'

/** What a variable without a value and a default is: a problem, or a blank text with a notice. */
export type Unset = 'error' | 'blank'

export interface Variables {
  variables: Lookup
  unset: Unset
}

/** A text with its variables filled in; undefined after a problem has been noted. Places are asked for in ascending order. */
export type FillIn = (text: string, place: (offset: number) => Place, path: string) => string | undefined

/**
 * Fills in the texts of one file (Compose Specification §Interpolation). Of a variable that counts as blank there is
 * one notice, and all variables together may give `MAX_EXPANDED` characters.
 */
export function createFillIn({ variables, unset }: Variables, problems: Problem[]): FillIn {
  const told = new Set<string>()
  let isFull = false
  const lookup = metered(variables, () => {
    isFull = true
  })
  return (text, place, path) => {
    if (isFull) return undefined
    const filled = substitute(text, lookup)
    const advice = filled.unset.length > 0 && looksLikeHash(text) ? HASH : undefined
    const refusals = isFull ? [{ message: TOO_LONG, offset: 0 }] : refusalsOf(filled, advice)
    for (const { message, offset } of refusals) note(problems, errorAt(place(offset), path, message))
    if (refusals.length > 0) return undefined
    for (const name of filled.unset) {
      const at = place(filled.offsets.get(name) ?? 0)
      if (!told.has(name)) note(problems, noticeAt(at, path, unsetNotice(name, advice)))
      told.add(name)
    }
    return filled.text
  }

  /** By their offsets. */
  function refusalsOf({ errors, unset: names, offsets }: Substituted, advice: string | undefined) {
    const refused = errors.map((message) => ({ message, offset: offsets.get(message) ?? 0 }))
    if (unset === 'blank') return refused
    const without = names.map((name) => ({
      message: unsetError(name, advice),
      offset: offsets.get(name) ?? 0,
    }))
    return [...refused, ...without].sort((one, other) => one.offset - other.offset)
  }
}

const TOO_LONG = 'the file is too long once its variables are filled in'

function unsetError(name: string, advice: string | undefined): string {
  const usual = `${WHERE_TO_SET}, give a default as in \${${name}:-default}, or write $$ for a literal $`
  return `variable ${name} is not set; ${advice ?? usual}`
}

function unsetNotice(name: string, advice: string | undefined): string {
  return `variable ${name} is not set; it counts as blank${advice ? `: ${advice}` : ''}`
}

/** Where a variable of a stack may get its value. */
export const WHERE_TO_SET = `set it in the stack's .env, under x-setpoint.variables or in a --variables file`
const HASH = 'in what looks like a password hash, write $$ for each $'

/** Whether a text has the beginning of a password hash as crypt(5), Apache and Argon2 write it. */
function looksLikeHash(text: string): boolean {
  return /(?<!\$)\$(?:[1567y]|2[abxy]?|gy|apr1|argon2(?:id|i|d)|scrypt)\$(?!\$)/.test(text)
}
