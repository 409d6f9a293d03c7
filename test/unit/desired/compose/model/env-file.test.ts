import { describe, expect, test } from 'vitest'
import { envFile, labelFile } from '../../../../../controller/desired/compose/model/env-file.ts'
import { filePath } from '../../../../../controller/desired/compose/model/path.ts'
import { canonical, messages } from '../canonical-support.ts'

test.each([
  ['web.env', [{ path: '/project/web.env', required: true }]],
  [
    '[/etc/a, ~/b]',
    [
      { path: '/etc/a', required: true },
      { path: '/home/me/b', required: true },
    ],
  ],
  ['[{path: a, required: "false", format: raw}]', [{ path: '/project/a', required: false, format: 'raw' }]],
  ['[{path: a}, ./a]', [{ path: '/project/a', required: true }]],
])('env_file %s', (written, expected) => {
  expect(canonical(envFile, written)).toEqual({ value: expected, errors: [], notices: [] })
  expect(canonical(envFile, JSON.stringify(expected)).value).toEqual(expected)
})

test.each([
  ['{path: a}', 'must be a file or a list of files, as in ./web.env, not a mapping'],
  ['[5]', 'must be a file, as in ./web.env, not the number 5'],
  ['[{file: a}]', 'unknown key'],
])('env_file %s is refused', (written, message) => {
  expect(messages(envFile, written)).toEqual([message])
})

test('label_file', () => {
  expect(canonical(labelFile, 'a').value).toEqual(['/project/a'])
  expect(canonical(labelFile, '[a, ./b, a]').value).toEqual(['/project/a', '/project/b'])
})

describe('a path', () => {
  test.each([
    ['/srv/a/', '/srv/a/'],
    ['a', '/project/a'],
    ['./a/', '/project/a'],
    ['../a', '/a'],
    ['.', '/project'],
    ['"~"', '/home/me'],
    ['~/a/../b', '/home/me/b'],
    ['~other/a', '~other/a'],
    ['C:\\a', 'C:\\a'],
    ['""', ''],
  ])('%s', (written, expected) => {
    expect(canonical(filePath, written).value).toBe(expected)
  })

  test.each([
    ['./a', 'stacks/web', 'stacks/web/a'],
    ['./a', '', 'a'],
    ['../a', '', '../a'],
    ['../../a', 'stacks', '../a'],
  ])('%s from the folder %j of a repository', (written, directory, expected) => {
    expect(canonical(filePath, written, { directory }).value).toBe(expected)
  })
})
