import { type Cursor, fail } from '../../cursor.ts'
import { scalarText, textAt } from '../../yaml/node.ts'
import { itemsBelow } from '../below.ts'
import { cleanPath } from '../model/path.ts'

/** Compose Specification §volumes, §tmpfs: a target has one mount. */
export function checkMounts(service: Cursor): void {
  const taken = new Map<string, string>()
  for (const { at, target } of [...tmpfs(service), ...volumes(service)]) {
    const other = taken.get(target)
    if (other === undefined) taken.set(target, at.path)
    else fail(at, `${target} is already mounted by ${other}`)
  }
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
