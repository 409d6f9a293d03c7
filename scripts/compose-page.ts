import { composeFile } from '../controller/desired/compose/model/compose-file.ts'
import { imageFile } from '../controller/desired/compose/model/image-file.ts'
import type { Key, Shape } from '../controller/desired/compose/shape.ts'

const START = '<!-- keys: written by npm run generate -->'
const END = '<!-- /keys -->'

/** docs/compose.md with its tables of keys as the grammar has them; what stands around them is kept. */
export function composePage(page: string): string {
  const [before, rest] = split(page, START)
  const [, after] = split(rest, END)
  return `${before}${START}\n\n${tables()}\n${END}${after}`
}

function split(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker)
  if (at < 0) throw new Error(`docs/compose.md has no line ${marker}`)
  return [text.slice(0, at), text.slice(at + marker.length)]
}

function tables(): string {
  const shown = new Map<Record<string, Key>, string>()
  return [
    ...sections({ title: 'Stack files', shape: composeFile, path: '', shown }),
    ...sections({ title: 'Image specs, `NAME.image.yaml`', shape: imageFile, path: '', shown }),
  ].join('\n')
}

interface Section {
  title: string
  shape: Shape
  /** Where it stands in the file. */
  path: string
  /** The mark of a section that is not honoured as a whole. */
  whole?: string | undefined
  /** Keys that have a table, with its title: what stands in several places is shown once. */
  shown: Map<Record<string, Key>, string>
}

/** A section and all below it, each a heading and a table. */
function sections(section: Section): string[] {
  const { title, shape, path, whole, shown } = section
  const keys = shape.map?.keys ?? {}
  const entries = Object.entries(keys)
  const before = shown.get(keys)
  if (before) return [`### ${title}\n\nAs ${before}.\n`]
  if (entries.length > 0) shown.set(keys, title)
  const own = entries.length === 0 ? [] : [sectionText(title, entries, whole)]
  const inner = below(shape, path, whole).flatMap((one) =>
    sections({ ...one, title: `\`${one.path}\``, shown }),
  )
  return [...own, ...inner]
}

function below(shape: Shape, path: string, whole: string | undefined): Omit<Section, 'title' | 'shown'>[] {
  const keys = Object.entries(shape.map?.keys ?? {})
  return [
    ...keys.map(([name, key]) => ({
      shape: key.shape,
      path: join(path, name),
      whole: whole ?? wholeOf(key),
    })),
    ...(shape.map?.values ? [{ shape: shape.map.values, path: join(path, 'NAME'), whole }] : []),
    ...(shape.list ? [{ shape: shape.list.items, path: `${path}[]`, whole }] : []),
  ]
}

function wholeOf({ mark }: Key): string | undefined {
  return mark.mark === 'honoured' ? undefined : WORDS[mark.mark]
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function sectionText(title: string, keys: [string, Key][], whole: string | undefined): string {
  const isPlain = whole !== undefined || keys.every(([, { mark }]) => mark.mark === 'honoured')
  const note = isPlain ? `${whole ? `All ${whole}, as said above` : 'All honoured'}.\n\n` : ''
  const head = isPlain ? ['key', 'what it is'] : ['key', 'mark', 'what it is', 'why, and what to do instead']
  const rows = keys.map(([name, key]) => [`\`${name}\``, ...(isPlain ? [key.about] : verdict(key))])
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`)
  return `### ${title}\n\n${note}${lines.join('\n')}\n`
}

const WORDS = { honoured: 'honoured', ignored: 'without effect', refused: 'refused' }

/** The mark, what the key is, and why it has the mark. */
function verdict({ mark, about }: Key): string[] {
  if (mark.mark === 'honoured') return [WORDS.honoured, about, '']
  const usual = mark.usual.map((value) => `\`${value}\``).join(', ')
  const advice = mark.mark === 'refused' ? `; ${mark.instead}` : ''
  return [`**${WORDS[mark.mark]}**${usual && ` but for ${usual}`}`, about, `${mark.reason}${advice}`]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
