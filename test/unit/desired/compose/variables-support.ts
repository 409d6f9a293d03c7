import { type Files, filesOf } from '../../../../controller/desired/files/files.ts'
import { parse } from '../../../../controller/desired/yaml/parse.ts'

export function aFolder(contents: Record<string, string>): Files {
  const files = Object.entries(contents).map(([path, text]) => {
    const content = Buffer.from(text)
    return [path, { path, size: content.length, kind: 'file' as const, hash: text, content }] as const
  })
  return filesOf({ revision: 'r1', files: new Map(files) })
}

/** The documents of `compose.yaml`. */
export function documentsOf(text: string) {
  return parse('compose.yaml', text).documents
}

export function lookupIn(values: Record<string, string>) {
  return (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined)
}
