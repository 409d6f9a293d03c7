import { type Cursor, fail, notice } from '../../cursor.ts'
import { mapNode, type Node, quote, scalarNode, textNode } from '../../yaml/node.ts'
import type { Scope } from '../shape.ts'
import { cleanPath, resolvePath } from './path.ts'

/** `[source:]target[:options]`; a source that begins with `.`, `/` or `~` is a path on the host, any other a volume. */
export function shortMount(at: Cursor, text: string, scope: Scope): Node | undefined {
  const wrong = mistakeIn(text)
  if (wrong !== undefined) return fail(at, wrong)
  const parts = text.split(':')
  const [source, target = '', options = ''] = parts.length === 1 ? [undefined, text] : parts
  const isBind = source !== undefined && /^[./~]/.test(source)
  const asText = (value: string | undefined) => (value === undefined ? undefined : textNode(at.node, value))
  return mapNode(at.node, {
    type: textNode(at.node, isBind ? 'bind' : 'volume'),
    source: asText(isBind ? resolvePath(source, scope) : source),
    target: textNode(at.node, cleanPath(target)),
    ...optionsOf(at, options, isBind),
  })
}

function mistakeIn(text: string): string | undefined {
  if (text === '') return 'must not be empty; write "data:/var/lib/data"'
  if (/^([a-zA-Z]:\\|[a-zA-Z]:\/[^:]*:\/|\\\\)/.test(text)) {
    return `${quote(text)} is a path of Windows; write a path of the host, as in "/srv/data:/data"`
  }
  const parts = text.split(':')
  if (parts.length > 3) return `${quote(text)} has too many colons; write source, target and options`
  if (!parts.includes('')) return undefined
  const advice = parts[0] === '' ? ', as where a variable is not set' : ''
  return `${quote(text)} has an empty part between its colons${advice}; write "data:/var/lib/data"`
}

const PROPAGATION = /^r?(private|shared|slave)$/

function optionsOf(at: Cursor, written: string, isBind: boolean): Record<string, Node | undefined> {
  const options = written.split(',').filter((option) => option !== '')
  for (const option of options) tellUnknown(at, option)
  const last = (matches: (option: string) => boolean) => options.findLast(matches)
  const optional = (value: string | undefined) => (value === undefined ? undefined : textNode(at.node, value))
  const bind = {
    propagation: optional(last((option) => PROPAGATION.test(option))),
    selinux: optional(last((option) => /^[zZ]$/.test(option))),
    create_host_path: isBind ? scalarNode(at.node, true) : undefined,
  }
  const nocopy = options.includes('nocopy')
  return {
    read_only:
      last((option) => option === 'ro' || option === 'rw') === 'ro' ? scalarNode(at.node, true) : undefined,
    bind: Object.values(bind).some((value) => value) ? mapNode(at.node, bind) : undefined,
    volume:
      !isBind || nocopy ? mapNode(at.node, nocopy ? { nocopy: scalarNode(at.node, true) } : {}) : undefined,
  }
}

function tellUnknown(at: Cursor, option: string): void {
  if (/^(ro|rw|nocopy|[zZ])$/.test(option) || PROPAGATION.test(option)) return
  if (/^(cached|delegated|consistent)$/.test(option))
    notice(at, `the option ${option} is for Docker Desktop and has no effect`)
  else notice(at, `the option ${quote(option)} is unknown and has no effect; take ro or rw`)
}
