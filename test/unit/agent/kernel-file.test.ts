import { describe, expect, it } from 'vitest'
import { readKernelFile } from '../../../agent/kernel-file.ts'

const NOBODY = 2 ** 22 + 1 // above the most that the kernel gives out as a pid

describe('readKernelFile', () => {
  it('gives the text that the kernel makes', () => {
    expect(readKernelFile('/proc/self/stat')).toMatch(new RegExp(`^${process.pid} `))
  })

  it.each([
    ['a process that is not there', `/proc/${NOBODY}/stat`],
    ['what no kernel has', '/proc/self/stat/none'],
  ])('gives nothing for %s', (_, file) => {
    expect(readKernelFile(file)).toBeUndefined()
  })

  it('says so when the file is there and cannot be read', () => {
    expect(() => readKernelFile('/proc/self')).toThrow('EISDIR')
  })
})
