import { expect, test } from 'vitest'
import { fromHere, seenFrom } from '../../../controller/cli/problem-paths.ts'
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

test.each([
  ['/work', 'sub/a.yaml', 'no file sub/b.env'],
  ['/work/sub', 'a.yaml', 'no file b.env'],
  ['/work/other', '../sub/a.yaml', 'no file /work/sub/b.env'],
  ['/', 'work/sub/a.yaml', 'no file /work/sub/b.env'],
])('a problem seen from %s', (folder, file, message) => {
  const place = { file: '/work/sub/a.yaml', line: 1, column: 2 }
  const problem = { ...place, path: 'x', message: 'no file /work/sub/b.env', severity: 'error' } as const
  const related = [{ ...place, message: 'extended here' }]
  expect(fromHere({ ...problem, related }, folder)).toEqual({
    ...problem,
    file,
    message,
    related: [{ ...place, file, message: 'extended here' }],
  })
  expect(fromHere(problem, folder)).not.toHaveProperty('related')
})
