import type { SecretStatus } from '../../../schemas/status.ts'
import type { Paint } from './paint.ts'
import { type Cell, table } from './table.ts'
import { age } from './words.ts'

/** How many letters of a digest a person needs to tell two values apart. */
const SHOWN = 12

export function secretsView(secrets: SecretStatus[], paint: Paint, now: Date): string[] {
  if (secrets.length === 0) return ['No secret is set.']
  const rows = secrets.map((secret): Cell[] => [
    secret.name,
    secret.digest.slice(0, SHOWN),
    `${age(secret.set, now)} ago`,
    secret.usedBy.join(', '),
  ])
  return table(['SECRET', 'DIGEST', 'SET', 'USED BY'], rows, paint)
}
