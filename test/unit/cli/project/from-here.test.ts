import { expect, test } from 'vitest'
import { fromHere } from '../../../../controller/cli/project/from-here.ts'

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
