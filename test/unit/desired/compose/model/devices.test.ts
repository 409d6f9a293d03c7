import { describe, expect, test } from 'vitest'
import { deviceRequests, gpus } from '../../../../../controller/desired/compose/model/device-requests.ts'
import { devices } from '../../../../../controller/desired/compose/model/devices.ts'
import { canonical, messages } from '../canonical-support.ts'

describe('devices', () => {
  test.each([
    ['/dev/fuse', { source: '/dev/fuse', target: '/dev/fuse', permissions: 'rwm' }],
    ['/dev/sda:/dev/xvda', { source: '/dev/sda', target: '/dev/xvda', permissions: 'rwm' }],
    ['/dev/sda:/dev/xvda:r', { source: '/dev/sda', target: '/dev/xvda', permissions: 'r' }],
    [
      'nvidia.com/gpu=all',
      { source: 'nvidia.com/gpu=all', target: 'nvidia.com/gpu=all', permissions: 'rwm' },
    ],
    ['{source: /dev/fuse}', { source: '/dev/fuse', target: '/dev/fuse' }],
    [
      '{source: /dev/sda, target: /dev/b, permissions: r}',
      { source: '/dev/sda', target: '/dev/b', permissions: 'r' },
    ],
  ])('%s', (written, expected) => {
    expect(canonical(devices, `[${written}]`)).toEqual({ value: [expected], errors: [], notices: [] })
  })

  test.each([
    ['"/dev/a:/dev/b:r:x"', '"/dev/a:/dev/b:r:x" has too many colons; write source, target and permissions'],
    ['":/dev/b"', '":/dev/b" names no device; write "/dev/fuse"'],
    ['5', 'must be a device, as in "/dev/fuse" or "/dev/sda:/dev/xvda:r", not the number 5'],
  ])('%s is refused', (written, message) => {
    expect(messages(devices, `[${written}]`)).toEqual([message])
  })

  test('the later of two with one target counts', () => {
    expect(canonical(devices, '["/dev/a:/dev/x", "/dev/b:/dev/x"]').value).toMatchObject([
      { source: '/dev/b' },
    ])
  })
})

describe('requests for devices', () => {
  test.each([
    ['[{capabilities: [gpu], count: all}]', [{ capabilities: ['gpu'], count: -1 }]],
    ['[{capabilities: [gpu], count: "2"}]', [{ capabilities: ['gpu'], count: 2 }]],
    ['[{capabilities: [gpu], device_ids: ["0"]}]', [{ capabilities: ['gpu'], device_ids: ['0'] }]],
    ['[{capabilities: [gpu], options: [a=1]}]', [{ capabilities: ['gpu'], options: { a: '1' } }]],
  ])('%s', (written, expected) => {
    expect(canonical(deviceRequests, written)).toEqual({ value: expected, errors: [], notices: [] })
    expect(canonical(gpus, written)).toEqual({ value: expected, errors: [], notices: [] })
  })

  test('all GPUs', () => {
    expect(canonical(gpus, 'all').value).toEqual([{ count: -1 }])
  })

  test.each([
    ['[{count: 1, device_ids: ["0"]}]', 'has both count and device_ids; keep one'],
    ['[{count: some}]', 'must be a whole number or all, not "some"'],
    ['none', 'must be all or a list of GPUs, not "none"'],
  ])('%s is refused', (written, message) => {
    expect(messages(gpus, written)).toEqual([message])
  })
})
