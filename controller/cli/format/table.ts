import { type Paint, type Tone, visible } from './paint.ts'

export type Cell = string | number | { text: string; tone: Tone }

const GAP = '  '

/** Lines of a table whose columns are aligned; an empty cell becomes `-`. The last column is not padded. */
export function table(header: string[], rows: Cell[][], paint: Paint): string[] {
  const cells = rows.map((row) => row.map(textOf))
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => width(row[column] ?? ''))),
  )
  const line = (texts: string[], tones: (Tone | undefined)[]) =>
    texts
      .map((text, column) => {
        const padding = column === texts.length - 1 ? '' : ' '.repeat((widths[column] ?? 0) - width(text))
        const tone = tones[column]
        return `${tone ? paint(text, tone) : text}${padding}`
      })
      .join(GAP)
  return [
    line(
      header,
      header.map(() => 'dim'),
    ),
    ...cells.map((texts, row) => line(texts, (rows[row] ?? []).map(toneOf))),
  ]
}

function textOf(cell: Cell): string {
  const text = typeof cell === 'object' ? cell.text : String(cell)
  return text === '' ? '-' : visible(text)
}

function toneOf(cell: Cell): Tone | undefined {
  return typeof cell === 'object' ? cell.tone : undefined
}

function width(text: string): number {
  return [...text].length
}
