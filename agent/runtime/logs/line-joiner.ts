import type { LogLine } from '../runtime.ts'

/** Letters of a line; a longer one becomes several. */
const MAX_LINE = 32 * 1024

/** Makes lines of the rows of a log, one after the other. */
export interface LineJoiner {
  /** The line that ends with this row, if one does. */
  take(row: string): LogLine | undefined
  /** The lines that have begun and not ended. */
  rest(): LogLine[]
}

/**
 * Rows have the form `<time> stdout|stderr F|P <text>`; conmon cuts what has no end of line yet (P), and the parts of a
 * line are joined again, those of either stream for themselves. The time is that of the first part.
 */
export function lineJoiner(): LineJoiner {
  const open: Partial<Record<LogLine['stream'], LogLine>> = {}
  return {
    take(row) {
      const [, at, stream, flag, part] = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s.exec(row) ?? []
      if (at === undefined || part === undefined) return undefined
      const name = stream as LogLine['stream']
      const line = open[name] ?? { at: utc(at), stream: name, text: '' }
      line.text += part
      if (flag === 'P' && line.text.length < MAX_LINE) {
        open[name] = line
        return undefined
      }
      delete open[name]
      return line
    },
    rest: () => Object.values(open),
  }
}

/** conmon writes local time with its offset; in UTC the times of all hosts can be compared as text. */
function utc(at: string): string {
  const [, digits = ''] = /\.(\d+)/.exec(at) ?? []
  const milliseconds = Date.parse(at)
  if (Number.isNaN(milliseconds)) return at
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${digits.padEnd(9, '0')}Z`
}
