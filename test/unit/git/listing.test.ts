import { describe, expect, it } from 'vitest'
import { checkCaps, parseListing } from '../../../controller/git/listing.ts'
import { MAX_FILE_BYTES, MAX_TREE_BYTES, MAX_TREE_FILES } from '../../../schemas/source.ts'

const hash = 'a'.repeat(40)
const line = (mode: string, path: string, size = '3', type = 'blob') =>
  `${mode} ${type} ${hash} ${size.padStart(7)}\t${path}\0`

describe('parseListing', () => {
  it('reads mode, hash, size and path', () => {
    const output = line('100644', 'a b.txt') + line('100755', 'run') + line('120000', 'link', '8')
    expect(parseListing(output, '', 'here')).toEqual([
      { path: 'a b.txt', size: 3, kind: 'file', hash },
      { path: 'run', size: 3, kind: 'executable', hash },
      { path: 'link', size: 8, kind: 'symlink', hash },
    ])
  })

  it('leaves submodules out', () => {
    expect(parseListing(line('160000', 'vendor', '-', 'commit'), '', 'here')).toEqual([])
  })

  it('takes the directory off', () => {
    expect(parseListing(line('100644', 'web/a'), 'web', 'here')).toMatchObject([{ path: 'a' }])
  })

  it.each(['../etc/passwd', 'a/../../b', '/etc/passwd', 'a//b', './a', '.git/config', 'a/.GIT/hooks/x'])(
    'refuses the path %s, which only a forged tree has',
    (path) => {
      expect(() => parseListing(line('100644', path), '', 'here')).toThrow(
        expect.objectContaining({ code: 'SOURCE_INVALID' }),
      )
    },
  )

  it('refuses a mode that git does not write', () => {
    expect(() => parseListing(line('120755', 'a'), '', 'here')).toThrow(/no checkout/)
  })
})

describe('checkCaps', () => {
  const many = (count: number, size: number) => Array.from({ length: count }, () => ({ size }))

  it('allows what is at the limits', () => {
    checkCaps(many(MAX_TREE_FILES, 0), 'here')
    checkCaps(many(MAX_TREE_BYTES / MAX_FILE_BYTES, MAX_FILE_BYTES), 'here')
  })

  it('does not count files that are not read', () => {
    checkCaps(many(10, 50 * 1024 * 1024), 'here')
  })

  it.each([
    ['files', many(MAX_TREE_FILES + 1, 0)],
    ['bytes', many(MAX_TREE_BYTES / MAX_FILE_BYTES + 1, MAX_FILE_BYTES)],
  ])('refuses too many %s', (_what, files) => {
    expect(() => checkCaps(files, 'here')).toThrow(
      expect.objectContaining({ code: 'SOURCE_TOO_LARGE', message: expect.stringContaining('here') }),
    )
  })
})
