import type { Json } from '../../controller/desired/compose/print/print.ts'
import type { Deployed } from './deploy.ts'
import { reasonsOf } from './reasons.ts'
import { type Compared, isOpen, VERDICTS, type Verdict } from './verdict.ts'

/** The figures of a run, for people. */
export function summary(compared: Compared[], deployed: Deployed[]): string[] {
  const names = Object.keys(VERDICTS) as Verdict[]
  const slowest = compared.reduce((most, { ms }) => Math.max(most, ms), 0)
  return [
    `${compared.length} projects, the slowest in ${slowest.toFixed(0)} ms`,
    ...names.flatMap((name) =>
      count(compared.filter(({ verdict }) => verdict === name).length, VERDICTS[name]),
    ),
    `${compared.filter(isOpen).length} to be looked at`,
    '',
    ...deploySummary(compared, deployed),
  ]
}

/** What Compose refuses too says nothing of what can be deployed. */
function deploySummary(compared: Compared[], deployed: Deployed[]): string[] {
  const invalid = new Set(compared.filter(({ verdict }) => verdict === 'refused').map(({ id }) => id))
  const valid = deployed.filter(({ id }) => !invalid.has(id))
  const refused = valid.filter(({ isAccepted }) => !isAccepted)
  return [
    `${deployed.length} files as stacks of a repository, ${deployed.length - valid.length} of them refused by Compose too`,
    ...count(valid.length - refused.length, 'accepted as they are'),
    ...count(
      refused.filter((one) => one.isAcceptedWithMounts).length,
      'accepted in a repository that has what they mount',
    ),
    ...count(refused.length, 'refused as they are, for these reasons:'),
    ...reasonsOf(refused).flatMap(({ reason, files }) => count(files, `  ${reason}`)),
  ]
}

function count(number: number, what: string): string[] {
  return number === 0 ? [] : [`  ${String(number).padStart(4)}  ${what}`]
}

/** What there is to tell of one project; nothing when the answers are the same. */
export function details(one: Compared): string[] {
  const { id, verdict, ours, theirs, differences, reason, ms } = one
  const isSame = verdict === 'equal' || verdict === 'accepted'
  if (isSame && !isOpen(one)) return []
  return [
    `${id}: ${VERDICTS[verdict]}, in ${ms.toFixed(0)} ms`,
    ...line('known: ', reason),
    ...line('ours:  ', ours),
    ...line('theirs:', theirs),
    ...differences.flatMap((difference) => [
      `  ${difference.path}${difference.reason === undefined ? '' : ` (known: ${difference.reason})`}`,
      `    ours:   ${shown(difference.ours)}`,
      `    theirs: ${shown(difference.theirs)}`,
    ]),
  ]
}

function line(label: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`  ${label} ${text}`]
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 297)}...` : text
}
