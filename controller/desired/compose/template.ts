/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined

/** What went wrong in a template, in words that name the variable. */
export class TemplateError extends Error {}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const MAX_NESTING = 20
/** The most bytes of a whole file, keys and values, once its aliases are expanded and its variables are filled in. */
export const MAX_EXPANDED = 8 * 1024 * 1024
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
 * Compose Specification §Interpolation: `$NAME`, `${NAME}`, `${NAME:-default}`, `-`, `:?`, `?`, `:+`, `+`, nested, `$$`.
 * A lone `$` stays. Unset without default is an error, and a branch that is not taken is not looked at.
 * @throws TemplateError
 */
export function expand(text: string, lookup: Lookup, depth = 0): string {
  if (depth > MAX_NESTING) throw new TemplateError('variables are nested too deeply')
  let out = ''
  let from = 0
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', from)) {
    out += text.slice(from, at)
    const { value, end } = one(text, at, { lookup, depth })
    out += value
    if (out.length > MAX_LENGTH)
      throw new TemplateError(`is longer than ${MAX_LENGTH} characters once its variables are filled in`)
    from = end
  }
  return out + text.slice(from)
}

interface Scope {
  lookup: Lookup
  depth: number
}

function one(text: string, at: number, scope: Scope): { value: string; end: number } {
  const next = text[at + 1]
  if (next === '$') return { value: '$', end: at + 2 }
  if (next === '{') {
    const close = closingBrace(text, at + 1)
    if (close < 0) throw invalid(text.slice(at))
    return { value: braced(text.slice(at + 2, close), scope), end: close + 1 }
  }
  const name = nameAt(text, at + 1)
  if (name === '') return { value: '$', end: at + 1 }
  return { value: required(name, scope), end: at + 1 + name.length }
}

function braced(inner: string, scope: Scope): string {
  const name = nameAt(inner, 0)
  const match = /^(:?[-?+])/.exec(inner.slice(name.length))
  if (name === '' || (!match && inner.length > name.length)) throw invalid(`\${${inner}}`)
  if (!match) return required(name, scope)
  const operator = match[1] ?? ''
  const rest = inner.slice(name.length + operator.length)
  const value = scope.lookup(name)
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '')
  return choose({ name, operator: operator.slice(-1), rest, value, isSet }, scope)
}

interface Choice {
  name: string
  operator: string
  rest: string
  value: string | undefined
  isSet: boolean
}

function choose({ name, operator, rest, value, isSet }: Choice, { lookup, depth }: Scope): string {
  if (operator === '+') return isSet ? expand(rest, lookup, depth + 1) : ''
  if (isSet) return value ?? ''
  if (operator === '-') return expand(rest, lookup, depth + 1)
  const message = expand(rest, lookup, depth + 1)
  throw new TemplateError(
    `required variable ${name} is missing a value${message === '' ? '' : `: ${message}`}`,
  )
}

function required(name: string, { lookup }: Scope): string {
  const value = lookup(name)
  if (value !== undefined) return value
  throw new TemplateError(
    `variable ${name} is not set; set it in the stack's .env, under x-setpoint.variables or in the settings of the source, give a default as in \${${name}:-default}, or write $$ for a literal $`,
  )
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

function nameAt(text: string, at: number): string {
  NAME.lastIndex = at
  return NAME.exec(text)?.[0] ?? ''
}

function invalid(template: string): TemplateError {
  const shown = template.length > 40 ? `${template.slice(0, 37)}...` : template
  return new TemplateError(`invalid interpolation ${JSON.stringify(shown)}; write $$ for a literal $`)
}
