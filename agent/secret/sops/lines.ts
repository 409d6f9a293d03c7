import { readMetadata } from './metadata.ts'
import type { Opener } from './opener.ts'

/** A file of SOPS in which each value has a line: dotenv or INI. */
export interface Lines {
  metadata: ReturnType<typeof readMetadata>
  open(opener: Opener): string
}

const PREFIX = 'sops_'

/** `KEY=VALUE` lines; a line's end in a value is written `\n`. */
export function readDotenv(text: string): Lines {
  const lines = text.split('\n').filter((line) => line !== '')
  const entries = lines.map(splitAssignment)
  const own = entries.flatMap(({ key, value }) =>
    key?.startsWith(PREFIX) ? [[key.slice(PREFIX.length), value]] : [],
  )
  return {
    metadata: readMetadata(Object.fromEntries(own)),
    open: (opener) =>
      entries
        .filter(({ key }) => !key?.startsWith(PREFIX))
        .map(({ key, value, line }) => {
          if (key === undefined) return `#${opener.comment(line.slice(1), []) ?? line.slice(1)}\n`
          const written = value.replaceAll('\\n', '\n')
          const clear = opener.open(written, [key])?.bytes.toString() ?? written
          return `${key}=${clear.replaceAll('\n', '\\n')}\n`
        })
        .join(''),
  }
}

function splitAssignment(line: string): { key?: string; value: string; line: string } {
  const at = line.indexOf('=')
  return line.startsWith('#') || at < 0
    ? { value: '', line }
    : { key: line.slice(0, at), value: line.slice(at + 1), line }
}

const SECTION = /^\s*\[([^\]]+)\]\s*$/
const ASSIGNMENT = /^(\s*)([^=:]+?)(\s*[=:]\s*)(.*?)\s*$/
const COMMENT = /^(\s*[;#]\s*)(.*)$/
/** Where keys before the first section are, as SOPS sees them. */
const NO_SECTION = 'DEFAULT'

/** Sections of `key = value`; comments begin with `;` or `#`. */
export function readIni(text: string): Lines {
  const lines = withSections(text.split('\n'))
  const own = lines.flatMap(({ section, line }) => {
    const [, , key = '', , value = ''] = section === 'sops' ? (ASSIGNMENT.exec(line) ?? []) : []
    return key === '' ? [] : [[key, value.replaceAll('\\n', '\n')]]
  })
  return {
    metadata: readMetadata(Object.fromEntries(own)),
    open: (opener) => {
      const kept = lines.filter(({ section }) => section !== 'sops')
      return `${kept
        .map((line) => openLine(line, opener))
        .join('\n')
        .trimEnd()}\n`
    },
  }
}

interface Line {
  line: string
  section: string
  /** The next section, to which SOPS counts a comment above its head. */
  next: string
}

function withSections(lines: string[]): Line[] {
  const heads = lines.map((line) => SECTION.exec(line)?.[1])
  return lines.map((line, at) => ({
    line,
    section: heads.slice(0, at + 1).findLast((head) => head !== undefined) ?? NO_SECTION,
    next: heads.slice(at).find((head) => head !== undefined) ?? NO_SECTION,
  }))
}

function openLine({ line, section, next }: Line, opener: Opener): string {
  if (line.trim() === '' || SECTION.test(line)) return line
  const [, mark, comment] = COMMENT.exec(line) ?? []
  if (comment !== undefined) {
    return `${mark}${opener.comment(comment, [section]) ?? opener.comment(comment, [next]) ?? comment}`
  }
  const [, before = '', key, between = '', value = ''] = ASSIGNMENT.exec(line) ?? []
  if (key === undefined) return line
  const clear = opener.open(value, [section, key])
  return clear ? `${before}${key}${between}${quoted(clear.bytes.toString())}` : line
}

/** The value in the quotes that go-ini, with which SOPS writes, puts around several lines or what would begin a comment. */
function quoted(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`
  return /[#;]/.test(value) ? `\`${value}\`` : value
}
