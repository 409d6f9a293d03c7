import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { diskFiles } from '../../../../controller/cli/project/disk-files.ts'
import { MAX_FILE_BYTES } from '../../../../schemas/source.ts'

let folder: string
const at = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'setpoint-disk-'))
  writeFileSync(at('small'), 'content\n')
  writeFileSync(at('largest'), Buffer.alloc(MAX_FILE_BYTES))
  writeFileSync(at('too-large'), Buffer.alloc(MAX_FILE_BYTES + 1))
  symlinkSync('small', at('link'))
  symlinkSync('loop', at('loop'))
  execFileSync('mkfifo', [at('pipe')])
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('files of the disk', () => {
  it('are read by their absolute path, through links, and up to the largest size', () => {
    const files = diskFiles()
    expect(files.read(at('small'))).toMatchObject({ bytes: Buffer.from('content\n') })
    expect(files.read(at('link'))).toMatchObject({ bytes: Buffer.from('content\n') })
    expect(files.read(at('largest'))).toMatchObject({ file: { size: MAX_FILE_BYTES } })
  })

  it('are read where their size is not known before', () => {
    const found = diskFiles().read('/proc/self/status')
    expect('bytes' in found && found.bytes.toString()).toMatch(/^Name:/)
  })

  test.each([
    ['missing', 'there is no file missing', true],
    ['small/below', 'there is no file below', true],
    ['.', /is a folder/, false],
    ['pipe', 'pipe is no regular file', false],
    ['loop', /loop cannot be read .ELOOP/, false],
    ['too-large', 'too-large is too large; at most 1048576 bytes are read', false],
    ['/dev/zero', 'zero is no regular file', false],
  ])('%s has a problem', (name, problem, missing) => {
    const path = name.startsWith('/') ? name : at(name)
    const found = diskFiles({ shown: basename }).read(path)
    expect(found).toMatchObject({ problem: expect.stringMatching(problem), missing })
  })

  it('are not those of a folder that happens to be the current one', () => {
    expect(diskFiles().read('package.json')).toMatchObject({
      problem: 'package.json is no absolute path',
      missing: false,
    })
  })

  it('are empty behind /dev/null', () => {
    expect(diskFiles().read('/dev/null')).toMatchObject({ bytes: Buffer.alloc(0) })
  })

  it('may have been read before', () => {
    const given = new Map([
      ['/somewhere/-', Buffer.from('services: {}')],
      ['/somewhere/large', Buffer.alloc(MAX_FILE_BYTES + 1)],
    ])
    const files = diskFiles({ given })
    expect(files.read('/somewhere/-')).toMatchObject({ bytes: Buffer.from('services: {}') })
    expect(files.read('/somewhere/large')).toMatchObject({ problem: expect.stringContaining('too large') })
  })

  it('tell that another content stands under a path', () => {
    const files = diskFiles()
    writeFileSync(at('changing'), 'one')
    const before = files.identity(at('changing'))
    writeFileSync(at('changing'), 'another')
    expect(files.identity(at('changing'))).not.toBe(before)
    expect(files.identity(at('missing'))).toBeUndefined()
  })
})
