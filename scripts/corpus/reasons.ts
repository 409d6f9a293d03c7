import type { Deployed } from './deploy.ts'

export interface Reason {
  reason: string
  /** How many files have it. */
  files: number
}

/** Why files cannot be deployed as they are, the most frequent first. A file counts once for each of its reasons. */
export function reasonsOf(deployed: Deployed[]): Reason[] {
  const counts = new Map<string, number>()
  for (const { errors } of deployed) {
    for (const reason of new Set(errors.map(({ message }) => kindOf(message)))) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
  }
  return [...counts]
    .map(([reason, files]) => ({ reason, files }))
    .sort((a, b) => b.files - a.files || (a.reason < b.reason ? -1 : 1))
}

/** A message without its advice and without what is special about its file: names, paths, quotations. */
function kindOf(message: string): string {
  return message
    .replace(/;.*$/s, '')
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/\b(variable|file|mounting|a mount on|the driver|the alias) (?!of)\S+/, '$1 …')
    .replace(/\b(the repository has no) \S+/, '$1 …')
    .replace(/\b(names the \w+) \S+,/, '$1 …,')
    .replace(/(missing a value): .*/, '$1')
}
