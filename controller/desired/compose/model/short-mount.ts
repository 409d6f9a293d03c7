import { type Cursor, fail } from '../../cursor.ts'
import { mapNode, type Node, quote, textNode } from '../../yaml/node.ts'
import type { Scope } from '../shape.ts'
import { mountOptions } from './mount-options.ts'
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
    ...mountOptions(at, options, isBind),
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
