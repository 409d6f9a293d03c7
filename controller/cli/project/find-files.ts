import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { COMPOSE_FILES, OVERRIDE_FILES } from '../../desired/compose/file-names.ts'

export interface FoundFiles {
  /** Absolute; empty when there is no compose file. */
  files: string[]
  warnings: string[]
}

/**
 * The compose file, and its override, of a folder or the nearest one above it that has some (Compose Specification
 * §Compose file). Several candidates are warned of.
 */
export function findFiles(folder: string, isThere = isThereOnDisk): FoundFiles {
  const candidates = present(COMPOSE_FILES)
  if (candidates.length === 0) {
    const parent = dirname(folder)
    return parent === folder ? { files: [], warnings: [] } : findFiles(parent, isThere)
  }
  const overrides = present(OVERRIDE_FILES)
  return {
    files: [...candidates.slice(0, 1), ...overrides.slice(0, 1)].map((name) => join(folder, name)),
    warnings: [...choice(candidates), ...choice(overrides)],
  }

  function present(names: string[]): string[] {
    return names.filter((name) => isThere(join(folder, name)))
  }
}

function choice([first = '', ...others]: string[]): string[] {
  return others.length === 0
    ? []
    : [`${first} is used, not ${others.join(', ')}; remove one, or choose with -f`]
}

/** True for a path that is no folder: `.env` may well be one. */
export function isThereOnDisk(path: string): boolean {
  try {
    return !statSync(path).isDirectory()
  } catch {
    return false
  }
}
