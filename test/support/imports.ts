import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** The root of the clone. */
export const ROOT = join(import.meta.dirname, '..', '..')

export interface Import {
  /** `controller/loop.ts`, or for a package its name: `yaml`, `node:fs`. */
  target: string
  kind: 'file' | 'package' | 'builtin'
  typeOnly: boolean
}

/** Every TypeScript file under a folder of the clone, as paths from its root. */
export function sourceFiles(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path)),
  )
}

/** What a file imports, statically or not. */
export function importsOf(file: string): Import[] {
  return parseImports(readFileSync(join(ROOT, file), 'utf8')).map(({ specifier, typeOnly }) => ({
    ...resolve(file, specifier),
    typeOnly,
  }))
}

const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

function parseImports(text: string): { specifier: string; typeOnly: boolean }[] {
  return [...text.matchAll(IMPORT)].map(([, type, specifier, dynamic]) => ({
    specifier: specifier ?? dynamic ?? '',
    typeOnly: type !== undefined,
  }))
}

function resolve(file: string, specifier: string): Pick<Import, 'target' | 'kind'> {
  if (specifier.startsWith('.')) return { kind: 'file', target: normalize(join(dirname(file), specifier)) }
  if (specifier.startsWith('node:')) return { kind: 'builtin', target: specifier }
  const depth = specifier.startsWith('@') ? 2 : 1
  return { kind: 'package', target: specifier.split('/').slice(0, depth).join('/') }
}
