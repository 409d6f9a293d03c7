import { type Cursor, notice } from '../../cursor.ts'
import { mapNode, type Node, quote, scalarNode, textNode } from '../../yaml/node.ts'

const isAccess = (option: string) => option === 'ro' || option === 'rw'
const isPropagation = (option: string) => /^r?(private|shared|slave)$/.test(option)
const isRelabelling = (option: string) => option === 'z' || option === 'Z'
const isNocopy = (option: string) => option === 'nocopy'

/** What the options of a short volume stand for in the long form; of two of one kind the later counts. */
export function mountOptions(at: Cursor, written: string, isBind: boolean): Record<string, Node | undefined> {
  const options = written.split(',').filter((option) => option !== '')
  for (const option of options) tellUnknown(at, option)
  const yes = (is: boolean) => (is ? scalarNode(at.node, true) : undefined)
  const text = (value: string | undefined) => (value === undefined ? undefined : textNode(at.node, value))
  const bind = mapNode(at.node, {
    propagation: text(options.findLast(isPropagation)),
    selinux: text(options.findLast(isRelabelling)),
    create_host_path: yes(isBind),
  })
  const volume = mapNode(at.node, { nocopy: yes(options.some(isNocopy)) })
  return {
    read_only: yes(options.findLast(isAccess) === 'ro'),
    bind: bind.entries.size > 0 ? bind : undefined,
    volume: !isBind || volume.entries.size > 0 ? volume : undefined,
  }
}

function tellUnknown(at: Cursor, option: string): void {
  if ([isAccess, isPropagation, isRelabelling, isNocopy].some((isKnown) => isKnown(option))) return
  if (/^(cached|delegated|consistent)$/.test(option)) {
    notice(at, `the option ${option} is for Docker Desktop and has no effect`)
  } else notice(at, `the option ${quote(option)} is unknown and has no effect; take ro or rw`)
}
