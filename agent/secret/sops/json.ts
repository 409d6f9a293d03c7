import { isMap, isScalar, isSeq } from 'yaml'
import type { Tree } from './yaml.ts'

/** The text of an opened JSON file, as SOPS lays it out: with tabs, the keys in the order of the file. */
export function printJson({ document }: Tree): string {
  return `${print(document.contents, '')}\n`
}

function print(node: unknown, indent: string): string {
  const deeper = `${indent}\t`
  if (isMap(node)) {
    const lines = node.items.map(({ key, value }) => {
      const name = JSON.stringify(String(isScalar(key) ? key.value : key))
      return `${deeper}${name}: ${print(value, deeper)}`
    })
    return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`
  }
  if (isSeq(node)) {
    const lines = node.items.map((item) => `${deeper}${print(item, deeper)}`)
    return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n${indent}]`
  }
  const value = isScalar(node) ? node.value : null
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null')
}
