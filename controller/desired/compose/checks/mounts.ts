import { type Cursor, fail } from '../../cursor.ts'
import { scalarText, textAt, valueAt } from '../../yaml/node.ts'
import { itemsBelow } from '../below.ts'
import { cleanPath } from '../clean-path.ts'

/** Compose Specification §volumes, §tmpfs: a bind mount has a source, and a target one mount. */
export function checkMounts(service: Cursor): void {
  const taken = new Map<string, string>()
  for (const { at, target } of [...tmpfs(service), ...volumes(service)]) {
    const other = taken.get(target)
    if (other === undefined) taken.set(target, at.path)
    else fail(at, `${target} is already mounted by ${other}`)
  }
  for (const mount of itemsBelow(service, 'volumes')) checkSource(mount)
}

interface Mount {
  at: Cursor
  target: string
}

function tmpfs(service: Cursor): Mount[] {
  return itemsBelow(service, 'tmpfs').flatMap((at) =>
    at.node.kind === 'scalar' ? { at, target: cleanPath(scalarText(at.node).split(':', 1)[0] ?? '') } : [],
  )
}

function volumes(service: Cursor): Mount[] {
  return itemsBelow(service, 'volumes').flatMap((at) => {
    const target = textAt(at.node, 'target')
    return target ? { at, target: cleanPath(target) } : []
  })
}

function checkSource(mount: Cursor): void {
  const isBroken = valueAt(mount.node, 'source')?.tag === '!broken'
  if (isBroken || textAt(mount.node, 'type') !== 'bind' || textAt(mount.node, 'source')) return
  fail(mount, 'has no source; a bind mount needs the path on the host')
}
