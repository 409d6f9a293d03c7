const BOOLEANS = new Map([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
])
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL'])
const INTEGER = /^[-+]?(0b[01_]+|0o?[0-7_]+|0x[\da-fA-F_]+|0|[1-9][\d_]*)$/
const FLOAT = /^[-+]?(\.\d+|\d[\d_]*(\.[\d_]*)?)([eE][-+]?\d+)?$/

/**
 * The value of a plain (unquoted) YAML scalar as Compose's parser reads it: the YAML 1.2 core schema, and of
 * YAML 1.1 octal `0755` and `1_000`. `yes`, `on` and `22:22` are text; a field that wants a boolean takes them.
 */
export function resolvePlain(text: string): string | number | boolean | null {
  if (NULLS.has(text)) return null
  const first = text.charCodeAt(0)
  const numeric = (first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46
  if (!numeric) return BOOLEANS.get(text) ?? text
  if (INTEGER.test(text)) return integer(text)
  return FLOAT.test(text) ? Number(text.replaceAll('_', '')) : text
}

function integer(text: string): number {
  const bare = text.replaceAll('_', '').replace(/^[-+]/, '')
  const octal = /^0o?([0-7]+)$/.exec(bare)
  const value = octal ? Number.parseInt(octal[1] ?? '', 8) : Number(bare)
  return text.startsWith('-') ? -value : value
}

const SWITCHES = new Map([
  ['yes', true],
  ['y', true],
  ['on', true],
  ['no', false],
  ['n', false],
  ['off', false],
])

/** The boolean that YAML 1.1 saw in a text (`yes`, `off`, `True`); undefined when it is none. */
export function looseBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text) ?? SWITCHES.get(text.toLowerCase())
}
