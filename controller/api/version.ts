import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Setpoint's version, from the nearest package.json above this file (there is one level more in `dist`). */
export function setpointVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (folder !== dirname(folder)) {
    folder = dirname(folder)
    const version = readVersion(join(folder, 'package.json'))
    if (version) return version
  }
  return 'unknown'
}

function readVersion(file: string): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'))
    return name === 'setpoint' ? version : undefined
  } catch {
    return undefined
  }
}
