import type { Secret } from '../../../schemas/sealing/secret.ts'
import { printJson } from './json.ts'
import { readDotenv, readIni } from './lines.ts'
import { sealed } from './metadata.ts'
import { createOpener } from './opener.ts'
import { printYaml, readTree } from './yaml.ts'

/**
 * A file that SOPS (github.com/getsops/sops) has encrypted, opened by its data key: the same data that `sops --decrypt`
 * prints, in the file's own form. The layout of YAML is that of the encrypted file.
 * @throws SetpointError SECRET_SEALED saying what is wrong, never a value
 */
export function openSops({ format, bytes }: Secret, key: Buffer): Buffer {
  const text = bytes.toString('utf8')
  if (format === 'sops-dotenv' || format === 'sops-ini') {
    const lines = format === 'sops-dotenv' ? readDotenv(text) : readIni(text)
    const opener = createOpener(key, lines.metadata)
    const opened = lines.open(opener)
    opener.finish()
    return Buffer.from(opened)
  }
  const tree = readTree(text)
  const opener = createOpener(key, tree.metadata)
  if (format === 'sops-binary') {
    const data = tree.document.get('data')
    const clear = typeof data === 'string' ? opener.open(data, ['data']) : undefined
    opener.finish()
    if (!clear && data !== '') throw sealed('it has no data.')
    return Buffer.from(clear?.bytes ?? '')
  }
  tree.open(opener)
  opener.finish()
  return Buffer.from(format === 'sops-json' ? printJson(tree) : printYaml(tree, text))
}
