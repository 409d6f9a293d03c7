import fc from 'fast-check'

/** Values that mean something in one place or another. */
export const PIECES = [
  '',
  'a',
  '${A}',
  '${A:-${B:-x}}',
  '${A:?no}',
  '${',
  '$$',
  'yes',
  '8080:80',
  '1-65535',
  '1-65535:1-65535/udp',
  '-1',
  '1e999',
  '../..',
  '/etc/passwd',
  './x:/y:ro',
  '~',
  'service:a',
  'a=b',
  '=',
  '10m',
  '99999999999999999999',
  '1h',
  'compose.yaml',
  'b.yaml',
  'a.env',
  '..',
  '\u0000',
  '\u001b[2J',
  '\u2028',
  '\uD800',
  '\u{1F600}',
  '__proto__',
  'x'.repeat(2000),
  'constructor',
]

/** What YAML and variables are written with. */
export const SYNTAX = [
  '&a ',
  '*a',
  '<<: ',
  '!reset ',
  '!!binary ',
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '- ',
  '? ',
  '|',
  '>-',
  '"',
  "'",
  '\t',
  '\n',
  '\r\n',
  '\r',
  '  ',
  '#',
  '%',
  '@',
  '`',
  '---\n',
  '...\n',
  '%YAML 1.1\n---\n',
  '\uFEFF',
  '\\',
  ',',
]

/** A bit of text that means something somewhere. */
export const piece = fc.oneof(
  fc.constantFrom(...SYNTAX, ...PIECES),
  fc.string({ unit: 'binary', maxLength: 8 }),
)

const cut = fc.record({ at: fc.nat(), length: fc.oneof(fc.constant(0), fc.nat(40)), put: piece })

interface Cut {
  at: number
  length: number
  put: string
}

/** The text with some of it cut out and something put in its place. */
export function patched(text: string, cuts: readonly Cut[]): string {
  return cuts.reduce((now, { at, length, put }) => {
    const from = at % (now.length + 1)
    return now.slice(0, from) + put + now.slice(from + length)
  }, text)
}

export const cuts = fc.array(cut, { minLength: 1, maxLength: 6 })
