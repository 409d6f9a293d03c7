import { MAX_EXPANDED } from '../../yaml/extent.ts'

/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined

export interface Substituted {
  /** Unset variables are blank in it. Of no use when there are errors. */
  text: string
  /** What is wrong, in words that name the variable. */
  errors: string[]
  /** The variables that are neither set nor have a default, each once. */
  unset: string[]
  /** Where in the text the `$` stands that gave an error, or an unset variable by its name. */
  offsets: ReadonlyMap<string, number>
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const OPERATOR = /:?[-?+]/y
/** How a variable begins whose form cannot be read. */
const OPENING = /^\$\{\s*([A-Za-z_][A-Za-z0-9_]*)/
const MAX_NESTING = 20
/** Text that grows beyond this by its variables is refused. */
const MAX_LENGTH = 1024 * 1024

/** The lookup until it has given out `MAX_EXPANDED` characters; from then on nothing is set, and `full` is called once. */
export function metered(lookup: Lookup, full: () => void): Lookup {
  let left = MAX_EXPANDED
  return (name) => {
    const value = left < 0 ? undefined : lookup(name)
    left -= value?.length ?? 0
    if (value === undefined || left >= 0) return value
    full()
    return undefined
  }
}

/**
 * A text with its variables filled in (Compose Specification §Interpolation): `$NAME`, `${NAME}`, `${NAME:-default}`,
 * `-`, `:?`, `?`, `:+`, `+`, nested, `$$`. A lone `$` stays, and a branch that is not taken is not looked at.
 */
export function substitute(text: string, lookup: Lookup): Substituted {
  const run: Run = { lookup, at: 0, errors: new Map(), unset: new Map(), isOver: false }
  const filled = expand(text, run, 0)
  const { errors, unset } = run
  const offsets = new Map([...errors, ...unset])
  return { text: filled, errors: [...errors.keys()], unset: [...unset.keys()], offsets }
}

interface Run {
  lookup: Lookup
  /** The offset of the `$` that is looked at, the outermost one. */
  at: number
  /** Each error, and the offset at which it is first met. */
  errors: Map<string, number>
  unset: Map<string, number>
  /** What comes after a form that cannot be read, or after too much, is not looked at. */
  isOver: boolean
}

function expand(text: string, run: Run, depth: number): string {
  if (depth > MAX_NESTING) return stop(run, 'variables are nested too deeply')
  let out = ''
  let from = 0
  for (let at = text.indexOf('$'); at >= 0 && !run.isOver; at = text.indexOf('$', from)) {
    if (depth === 0) run.at = at
    const { value, end } = one(text, at, { run, depth })
    out += text.slice(from, at) + value
    if (out.length > MAX_LENGTH)
      return stop(run, `is longer than ${MAX_LENGTH} characters once its variables are filled in`)
    from = end
  }
  return out + text.slice(from)
}

function stop(run: Run, message: string): string {
  keep(run.errors, message, run)
  run.isOver = true
  return ''
}

interface Scope {
  run: Run
  depth: number
}

function one(text: string, at: number, scope: Scope): { value: string; end: number } {
  const next = text[at + 1]
  if (next === '$') return { value: '$', end: at + 2 }
  if (next === '{') {
    const close = closingBrace(text, at + 1)
    if (close < 0) return { value: invalid(text.slice(at), scope), end: text.length }
    return { value: braced(text.slice(at + 2, close), scope), end: close + 1 }
  }
  const name = matchAt(NAME, text, at + 1)
  if (name === '') return { value: '$', end: at + 1 }
  return { value: plain(name, scope), end: at + 1 + name.length }
}

/** The index of the `}` that closes the `{` at `open`; -1 when there is none. */
function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}

function braced(inner: string, scope: Scope): string {
  const name = matchAt(NAME, inner, 0)
  if (name === '') return invalid(`\${${inner}}`, scope)
  if (inner.length === name.length) return plain(name, scope)
  const operator = matchAt(OPERATOR, inner, name.length)
  if (operator === '') return invalid(`\${${inner}}`, scope)
  return choose({ name, operator, rest: inner.slice(name.length + operator.length) }, scope)
}

interface Choice {
  name: string
  operator: string
  /** What stands behind the operator. */
  rest: string
}

function choose({ name, operator, rest }: Choice, { run, depth }: Scope): string {
  const value = run.lookup(name)
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '')
  if (operator.endsWith('+')) return isSet ? expand(rest, run, depth + 1) : ''
  if (isSet) return value
  const other = expand(rest, run, depth + 1)
  if (operator.endsWith('-')) return other
  keep(run.errors, `required variable ${name} is missing a value${other === '' ? '' : `: ${other}`}`, run)
  return ''
}

function keep(found: Map<string, number>, what: string, { at }: Run): void {
  if (!found.has(what)) found.set(what, at)
}

function plain(name: string, { run }: Scope): string {
  const value = run.lookup(name)
  if (value === undefined) keep(run.unset, name, run)
  return value ?? ''
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

function invalid(template: string, { run }: Scope): string {
  const shown = template.length > 40 ? `${template.slice(0, 37)}...` : template
  const name = OPENING.exec(shown)?.[1] ?? 'NAME'
  const forms = `\${${name}}, \${${name}:-default} or \${${name}:?message}`
  return stop(run, `invalid interpolation ${JSON.stringify(shown)}; write ${forms}, or $$ for a literal $`)
}
