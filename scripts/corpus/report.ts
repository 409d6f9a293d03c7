import type { Json } from '../../controller/desired/compose/print.ts'
import type { Deployed } from './deploy.ts'
import { reasonsOf } from './reasons.ts'
import { type Compared, isOpen, VERDICTS, type Verdict } from './verdict.ts'

/** The figures of a run, for people. */
export function summary(compared: Compared[], deployed: Deployed[]): string[] {
  const names = Object.keys(VERDICTS) as Verdict[]
  const counts = names
    .map((name): [string, number] => [VERDICTS[name], compared.filter((one) => one.verdict === name).length])
    .filter(([, count]) => count > 0)
  const slowest = compared.reduce((most, { ms }) => Math.max(most, ms), 0)
  const accepted = deployed.filter(({ isAccepted }) => isAccepted).length
  return [
    `${compared.length} projects, the slowest in ${slowest.toFixed(0)} ms`,
    ...counts.map(([what, count]) => `  ${String(count).padStart(4)}  ${what}`),
    `${compared.filter(isOpen).length} to be looked at`,
    '',
    `${deployed.length} files as stacks of a repository: ${accepted} accepted, ${deployed.length - accepted} refused`,
    ...reasonsOf(deployed).map(({ reason, files }) => `  ${String(files).padStart(4)}  ${reason}`),
  ]
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
