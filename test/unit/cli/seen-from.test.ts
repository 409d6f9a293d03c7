import { expect, test } from 'vitest'
import { seenFrom } from '../../../controller/cli/seen-from.ts'
import type { Problem } from '../../../schemas/problem.ts'

const PATHS = ['shop.stack.yaml', 'shop/base.yaml', 'web']

function seen(message: string, folder: string): string {
  const problem: Problem = {
    file: 'shop/compose.yaml',
    line: 1,
    column: 1,
    path: '',
    message,
    severity: 'error',
  }
  const view = { root: '/srv/infra', folder, isPath: (text: string) => PATHS.includes(text) }
  const { file, message: words, related } = seenFrom({ ...problem, related: [problem] }, view)
  expect(related).toMatchObject([{ file, message: words }])
  return `${file} ${words}`
}

test.each([
  [
    '/srv',
    'also declared by shop.stack.yaml; rename',
    'infra/shop/compose.yaml also declared by infra/shop.stack.yaml; rename',
  ],
  ['/srv/infra', 'extends a of shop/base.yaml here', 'shop/compose.yaml extends a of shop/base.yaml here'],
  ['/srv/infra/shop', 'extends a of shop/base.yaml here', 'compose.yaml extends a of base.yaml here'],
  ['/srv/infra/shop', 'see shop.stack.yaml', 'compose.yaml see ../shop.stack.yaml'],
  ['/srv/infra/shop', 'there is no file shop/gone.yaml', 'compose.yaml there is no file gone.yaml'],
  [
    '/srv',
    'env file shop/gone.env not found; add it',
    'infra/shop/compose.yaml env file infra/shop/gone.env not found; add it',
  ],
  ['/srv', 'the env file is none', 'infra/shop/compose.yaml the env file is none'],
  ['/srv', 'the service web', 'infra/shop/compose.yaml the service web'],
  ['/srv', 'not "shop/base.yaml"', 'infra/shop/compose.yaml not "shop/base.yaml"'],
])('from %s "%s" reads "%s"', (folder, message, wanted) => expect(seen(message, folder)).toBe(wanted))
