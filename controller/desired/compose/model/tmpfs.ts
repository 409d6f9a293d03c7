import type { Node } from '../../yaml/node.ts'
import type { Shape } from '../shape.ts'
import { string } from './common.ts'
import { oneOrSetOf } from './string-or-list.ts'

/** Compose Specification §tmpfs of a service: `/run` or `/run:size=64m,mode=1777`; the later of two with one path counts. */
export const tmpfs: Shape = {
  ...oneOrSetOf(string, 'a path or a list of paths, as in /run or /run:size=64m'),
  list: { items: string, unique: pathOf },
}

function pathOf(item: Node): string | undefined {
  return item.kind === 'scalar' ? item.text.split(':')[0] : undefined
}
